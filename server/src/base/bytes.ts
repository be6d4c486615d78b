/** Bytes of a file, read again and again into the same memory. */
export class ByteBuffer {
  data = new Uint8Array(1 << 16);
  /** How many of them belong to the file; at least one zero follows. */
  length = 0;

  /** Makes room for `length` bytes and ends them with a zero. What they are is not defined. */
  resize(length: number): void {
    if (length >= this.data.length) this.data = new Uint8Array(Math.max(2 * this.data.length, length + 1));
    this.length = length;
    this.data[length] = 0;
  }

  /** Takes a text whose characters beyond ASCII nobody will look at. */
  setText(text: string): void {
    this.resize(text.length);
    const { data } = this;
    for (let i = 0; i < text.length; i++) data[i] = Math.min(text.charCodeAt(i), 128);
  }
}
