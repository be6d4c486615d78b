/**
 * Every contribution of the extension with a check of what it does. What has none is named by `missing`: a command, a setting, a
 * view that is added to package.json without a check here fails the tests, in VS Code and outside it.
 */
import { commands } from "./checks/commands";
import { contributions } from "./checks/contributions";
import { hostile } from "./checks/hostile";
import { menus } from "./checks/menus";
import { providers } from "./checks/providers";
import { raceCommands } from "./checks/races";
import { settings } from "./checks/settings";
import type { Checks } from "./kit";

export const table: Readonly<Record<string, Checks>> = {
  settings,
  commands: { ...commands, ...raceCommands },
  providers,
  menus,
  contributions,
  hostile,
};

interface Manifest {
  contributes: {
    commands: { command: string }[];
    configuration: { properties: Record<string, unknown> };
    menus: Record<string, unknown[]>;
    [point: string]: unknown;
  };
}

/** What stands in the manifest without a check. */
export function missing(manifest: object): string[] {
  const { contributes } = manifest as Manifest;
  const { commands: given, configuration, menus: places, ...others } = contributes;
  return [
    ...lacking(
      "commands",
      given.map(({ command }) => command),
    ),
    ...lacking("settings", Object.keys(configuration.properties)),
    ...lacking("menus", Object.keys(places)),
    ...lacking("contributions", Object.keys(others)),
  ];
}

/** Of what the server announces it can do: what no check of the providers is about. */
export function missingProviders(capabilities: readonly string[]): string[] {
  return lacking("providers", capabilities);
}

function lacking(group: string, names: readonly string[]): string[] {
  return names.filter((name) => table[group]?.[name] === undefined).map((name) => `${group}: ${name}`);
}
