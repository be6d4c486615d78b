/** Answers to tests inside the extension host: what the window shows, and keys and clicks in it. A small server on this machine. */
import { createServer } from "node:http";

const patience = 30_000;

/** `only`: parts of names of checks, none for all. `done` settles when the tests say how it ended. */
export async function serveScreen({ port, only, shot }) {
  let page;
  const answers = {
    wanted: async () => ({ only }),
    say: async ({ text }) => console.log(text),
    async failed({ name, text }) {
      console.log(`FAIL  ${name}: ${text}`);
      await shot(page, `failed-${name.replace(/\W+/g, "-").slice(0, 80)}`);
    },
    shown: async (what) => void (await find(what, true)),
    hidden: async (what) => void (await find(what, false)),
    async texts({ selector }) {
      const all = await Promise.all(
        framesOf(page).map((f) =>
          f
            .locator(selector)
            .allTextContents()
            .catch(() => []),
        ),
      );
      return all.flat().map((text) => text.replace(/\u00a0/g, " "));
    },
    attribute: async ({ selector, name }) => {
      if (selector.startsWith("css:")) return await variable(selector.slice(4));
      return await page.locator(selector).first().getAttribute(name, { timeout: patience });
    },
    async click(what) {
      const target = await find(what, true);
      await target.click({ timeout: patience });
    },
    async menuOf(what) {
      const target = await find(what, true);
      await target.click({ button: "right", timeout: patience });
      const menu = page.locator(".monaco-menu .action-label:visible, .monaco-menu .action-item:visible .action-label");
      await menu.first().waitFor({ timeout: patience });
      const entries = await menu.allTextContents();
      await page.keyboard.press("Escape");
      return entries.filter((entry) => entry !== "");
    },
    press: async ({ keys }) => await page.keyboard.press(keys),
    type: async ({ text }) => await page.keyboard.type(text),
  };

  /** The first visible one in the workbench or in a webview, or that there is none. */
  async function find({ selector, text }, wanted) {
    const end = Date.now() + patience;
    for (;;) {
      const found = await visible(selector, text);
      if ((found !== undefined) === wanted) return found;
      if (Date.now() > end)
        throw new Error(
          `${selector}${text === undefined ? "" : ` with ${JSON.stringify(text)}`} is ${wanted ? "not" : "still"} shown`,
        );
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  /** A variable of the theme, as the workbench has it. */
  async function variable(name) {
    const workbench = page.locator(".monaco-workbench").first();
    return await workbench.evaluate((e, wanted) => getComputedStyle(e).getPropertyValue(wanted).trim(), name);
  }

  async function visible(selector, text) {
    for (const frame of framesOf(page)) {
      const all = frame.locator(selector);
      const some = text === undefined ? all : all.filter({ hasText: text });
      const count = await some.count().catch(() => 0);
      for (let n = 0; n < count; n++)
        if (
          await some
            .nth(n)
            .isVisible()
            .catch(() => false)
        )
          return some.nth(n);
    }
    return undefined;
  }

  const server = createServer((request, response) => {
    // The web worker host asks from another origin.
    response.setHeader("Access-Control-Allow-Origin", "*");
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", async () => {
      const { op, ...given } = JSON.parse(body || "{}");
      try {
        response.end(JSON.stringify({ answer: (await answers[op](given)) ?? null }));
      } catch (error) {
        response.end(JSON.stringify({ problem: `${op}: ${error.message}` }));
      }
    });
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    watch: (opened) => (page = opened),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** Webviews that were closed may be about to go. */
function framesOf(page) {
  return page.frames().filter((frame) => !frame.isDetached());
}
