/** The table of output formats. A new one is one file and one line here. */
import { renderGithub } from "./github";
import { renderJson } from "./json";
import type { Format, Renderer } from "./model";
import { renderSarif } from "./sarif";
import { renderText } from "./text";

export const renderers: Record<Format, Renderer> = {
  text: renderText,
  json: renderJson,
  sarif: renderSarif,
  github: renderGithub,
};
