/** Of Node's `events`, what the debug adapter's package uses, for browsers. */
type Listener = (...given: unknown[]) => void;

export class EventEmitter {
  private readonly listeners = new Map<string, Listener[]>();

  on(name: string, listener: Listener): this {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
    return this;
  }

  emit(name: string, ...given: unknown[]): boolean {
    const all = this.listeners.get(name) ?? [];
    for (const listener of all) listener(...given);
    return all.length > 0;
  }
}
