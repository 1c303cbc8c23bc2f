// Building DOM nodes. Text always becomes text nodes; innerHTML is never used.

/** A new element with `attributes`; `on` has listeners, `class` its classes. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (name === "value") {
      node.value = value;
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  put(node, children);
  return node;
}

/** Append children: nodes, texts or lists of them; empty ones are skipped. */
export function put(node, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child);
  }
  return node;
}

/** Replace all children. */
export function fill(node, ...children) {
  node.replaceChildren();
  return put(node, children);
}

/** A name of any characters, isolated so that it can't change the text direction around it. */
export function name(text, attributes = {}) {
  return el("bdi", attributes, text);
}

/** A safe link target, or null: only http and https are allowed. */
export function safeAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** The path of a file that this emulator serves; null for other addresses. */
export function ownFile(address) {
  try {
    const url = new URL(address);
    const loopback = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
    return loopback && url.pathname.startsWith("/attachments/") ? url.pathname : null;
  } catch {
    return null;
  }
}

/** A file size in readable form. */
export function bytes(size) {
  if (size < 1024) return `${size} bytes`;
  if (size < 1024 * 1024) return `${(size / 1024).toFixed(1)} KB`;
  return `${(size / 1024 / 1024).toFixed(1)} MB`;
}

let lastId = 0;
/** An id for an element that another one refers to. */
export function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}
