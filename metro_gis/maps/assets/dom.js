/* Small helpers that build the page. Text is set as text, never as markup. */

const SVG = "http://www.w3.org/2000/svg"; // the name of a vocabulary; nothing is fetched from it
const byId = (id) => document.getElementById(id);

/** Make an element: properties in `options`, children as nodes or text. */
function el(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined) continue;
    if (name === "class") node.className = value;
    else if (name === "text") node.textContent = value;
    else if (name === "on")
      for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Make an SVG element. */
function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** A name that somebody typed: kept apart, so that its writing direction cannot spill over. */
const nameOf = (text, tag = "span") => el(tag, { class: "name", text });

/** A table row of a label and a value. */
function fact(label, value) {
  return el("div", { class: "fact" }, el("dt", { text: label }), el("dd", {}, value));
}

/** A table with a head; cells are nodes or text. `above` stands over the head, on every sheet of paper. */
function table(heads, rows, options = {}, above = null) {
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col", text })));
  const over =
    above === null
      ? null
      : el("tr", { class: "above" }, el("td", { colSpan: heads.length }, above));
  const body = rows.map((cells) =>
    el(
      "tr",
      {},
      ...cells.map((cell, place) => el(place ? "td" : "th", place ? {} : { scope: "row" }, cell)),
    ),
  );
  return el(
    "table",
    options,
    options.caption ? el("caption", { text: options.caption }) : null,
    el("thead", {}, over, head),
    el("tbody", {}, ...body),
  );
}

/** A foldable group whose content is built when it is first opened: thousands of rows cost nothing. */
function foldable(heading, count, build, options = {}) {
  const summary = el(
    "summary",
    {},
    nameOf(heading),
    el("span", { class: "count", text: num(count) }),
  );
  const box = el("details", {}, summary);
  const fill = () => {
    if (box.children.length === 1) box.append(...build());
  };
  // at the press, so that the next key already finds the rows; the browser's own opening comes by "toggle"
  summary.addEventListener("click", fill);
  box.addEventListener("toggle", () => box.open && fill());
  if (options.open) {
    box.open = true;
    fill();
  }
  return box;
}
