/* Paper: the map with key and truth line on the first sheet, the tables of teams on those after it. */

/** What every sheet says at its head: how secret it is, which plan it shows and whether to trust it. */
function marking() {
  const modelled = modelledKind();
  const { title } = PLAN.facts;
  return el(
    "div",
    { class: "marking" },
    el("strong", { text: say("secret") }),
    forPublic() ? null : el("strong", {}, nameOf(readersText())),
    nameOf(title),
    PLAN.facts.plan_id === null ? null : nameOf(planText()),
    supersededMark(),
    modelled ? el("strong", { text: say(`banner.${modelled}`) }) : null,
  );
}

/** A sheet whose marking and heading stand on every leaf that it fills: as the head of a table
    around what is printed, since browsers repeat nothing else. */
function paperSheet(heading, ...content) {
  const above = el("td", {}, marking(), heading ? nameOf(heading, "h2") : null);
  const body = el("td", {}, ...content.filter((node) => node));
  return el(
    "section",
    { class: "sheet-page" },
    el(
      "table",
      { class: "leaf", role: "presentation" },
      el("thead", {}, el("tr", {}, above)),
      el("tbody", {}, el("tr", {}, body)),
    ),
  );
}

/** A table of what is printed; heads are the names of texts. */
const paperTable = (heads, rows, options = {}) =>
  table(
    heads.map((key) => say(`sheet.${key}`)),
    rows,
    { class: "team-table", ...options },
  );

function teamTable(teams) {
  const heads = [
    "team",
    "post",
    "officers",
    "round_stations",
    "load_percent",
    "post_to_anchor",
    "round_minutes",
  ];
  const rows = teams.map((team) => [
    nameOf(team.id),
    nameOf(team.post.name),
    num(team.officers),
    el(
      "span",
      {},
      nameOf(team.anchor.name, "strong"),
      ...team.round.slice(1).flatMap((station) => [" → ", nameOf(station.name)]),
    ),
    num(team.load * 100),
    num(team.deploy, 1),
    team.round.length > 1 ? num(team.minutes, 1) : "–",
  ]);
  return paperTable(heads, rows);
}

const GAP_HEADS = ["id", "station", "risk_class", "unit", "reason"];
const gapRows = (stations) =>
  stations.map((station) => [
    nameOf(station.id),
    nameOf(station.name),
    say(`look.${station.risk}`),
    nameOf(placeName(station.kelurahan || station.kecamatan)),
    `${reasonText(station)} ${witnessText(station)}`,
  ]);
const gapHeading = (stations) => say("uncovered_stations", { count: num(stations.length) });
const uncoveredTable = (stations) =>
  paperTable(GAP_HEADS, gapRows(stations), { caption: gapHeading(stations) });

function uncoveredSheet() {
  if (!PLAN.uncovered.length) return null;
  return paperSheet(
    gapHeading(PLAN.uncovered),
    paperTable(GAP_HEADS, gapRows(uncoveredInOrder())),
  );
}

function figureSheet() {
  const tables = el("div", { class: "sheet-figures" }, classTable(), unitTable(), postTable());
  return paperSheet(null, tables);
}

const PAPER_SCALE = 2; // Leaflet draws no finer than that
let keptView = null;

const SHEET_MM = 190; // A4's height within its margins
const FILTER_LINE_MM = 10;
const MM_PX = 96 / 25.4;

/** Give the map of the first sheet the height that head and foot leave. */
function fitFirstSheet() {
  const around = document.querySelector("body > header").offsetHeight + byId("foot").offsetHeight;
  const line = filtering() ? FILTER_LINE_MM : 0;
  byId("town").style.height = `${Math.max(80, SHEET_MM - line - around / MM_PX)}mm`;
}

/** Lay the page out for paper. The browser asks for it just before it prints. */
function toPaper() {
  if (keptView) return;
  keptView = {
    center: map.getCenter(),
    zoom: map.getZoom(),
    retina: L.Browser.retina,
    keyOpen: byId("key").open,
  };
  // paper has room for twice the points of a common screen
  L.Browser.retina = true;
  layers.stations.closeTooltip();
  document.documentElement.classList.add("paper");
  byId("key").open = false;
  const units = filterOffered && !forPublic() ? unitSheets() : [];
  byId("sheets").replaceChildren(
    ...withFilter(() => audienceSheets(units)).filter((node) => node),
  );
  byId("key").open = true;
  fitFirstSheet();
  map.invalidateSize({ animate: false });
  if (chosen) map.setView(keptView.center, keptView.zoom, { animate: false });
  else goToFiltered(false);
  map.getContainer().append(flatCanvas({ id: "flat" }));
}

/** Copy the map's drawings into one. Browsers print a canvas without what shines through from below. */
function flatCanvas(options = {}) {
  const box = map.getContainer().getBoundingClientRect();
  const flat = new OffscreenCanvas(box.width * PAPER_SCALE, box.height * PAPER_SCALE);
  const context = flat.getContext("2d", { alpha: false });
  context.scale(PAPER_SCALE, PAPER_SCALE);
  context.fillStyle = getComputedStyle(map.getContainer()).backgroundColor;
  context.fillRect(0, 0, box.width, box.height);
  for (const tile of map.getPane("tilePane").querySelectorAll("img.leaflet-tile-loaded")) {
    const at = tile.getBoundingClientRect();
    context.drawImage(tile, at.left - box.left, at.top - box.top, at.width, at.height);
  }
  for (const pane of ["roads", "areas", "beats", "names", "rounds", "choice", "stations"]) {
    const drawn = map.getPane(pane).querySelector("canvas");
    if (!drawn) continue;
    const at = drawn.getBoundingClientRect();
    context.globalAlpha = chosen && (pane === "beats" || pane === "rounds") ? 0.35 : 1;
    context.drawImage(drawn, at.left - box.left, at.top - box.top, at.width, at.height);
  }
  // points, no longer strokes: a browser that drew the strokes anew on paper got their size wrong
  const drawn = el("canvas", { ...options, class: "flat" });
  drawn.width = flat.width;
  drawn.height = flat.height;
  drawn.getContext("bitmaprenderer").transferFromImageBitmap(flat.transferToImageBitmap());
  return drawn;
}

function fromPaper() {
  if (!keptView) return;
  const view = keptView;
  keptView = null;
  document.documentElement.classList.remove("paper");
  byId("flat").remove();
  byId("sheets").replaceChildren();
  byId("town").style.height = "";
  byId("key").open = view.keyOpen;
  L.Browser.retina = view.retina;
  map.invalidateSize({ animate: false });
  map.setView(view.center, view.zoom, { animate: false });
}

window.addEventListener("beforeprint", toPaper);
window.addEventListener("afterprint", fromPaper);
window
  .matchMedia("print")
  .addEventListener("change", (event) => (event.matches ? toPaper() : fromPaper()));
