/** Of Node's `url`, what the debug adapter's package uses, for browsers. */
const { URL: GlobalUrl } = globalThis;

export { GlobalUrl as URL };
