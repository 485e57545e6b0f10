/* Reserves: from which post officers in reserve or free come soonest, and what they reach in time.
   A layer of the map shows it on demand. */

const RESERVE = RAW.reserve ? readReserve(RAW.reserve) : null;

function readReserve(raw) {
  const tenths = readIntegers(raw.tenths);
  const nearest = new Map();
  readIntegers(raw.post).forEach((place, index) => {
    if (place >= 0)
      nearest.set(PLAN.stations[index], { post: PLAN.posts[place], minutes: tenths[index] / 10 });
  });
  return { limit: raw.limit_minutes, nearest, marks: raw.roads };
}

/** Whether a reserve reaches a station in time. */
function isNearReserve(station) {
  const found = RESERVE.nearest.get(station);
  return found !== undefined && found.minutes <= RESERVE.limit;
}

const reserveLimit = () => say("minutes", { value: num(RESERVE.limit, 1, 0) });

/** Keep the lines that are marked: counts in turn of those that are not and those that are. */
function markedLines(lines, marks) {
  const kept = [];
  let at = 0;
  readIntegers(marks).forEach((count, turn) => {
    if (turn % 2) kept.push(...lines.slice(at, at + count));
    at += count;
  });
  return kept;
}

/* a ring around a station that no reserve reaches in time; its size follows the zoom */
const FarRing = L.CircleMarker.extend({
  _project() {
    this._radius = markerRadius(this._map.getZoom()) * 1.4 + 3;
    L.CircleMarker.prototype._project.call(this);
  },
});

const REACH_COLOUR = "#0f8a8f";
const FAR_COLOUR = "#9d1420";

/** Streets that reserves reach in time, and rings around the stations that they do not. */
function fillReserveLayer(layer) {
  const canvas = { pane: "roads", renderer: canvases.roads, interactive: false };
  const lines = Object.entries(RESERVE.marks).flatMap(([name, marks]) =>
    markedLines(readLines(PLAN.basemap[name]), marks),
  );
  const look = { color: REACH_COLOUR, opacity: 0.45, base: 3, extra: 1.5, from: 0 };
  // all in one stroke, so that crossings are no darker
  if (lines.length) new Road(lines, { ...canvas, ...look }).addTo(layer);
  for (const station of PLAN.stations)
    if (!isNearReserve(station))
      new FarRing(station.at, {
        pane: "rounds",
        renderer: canvases.rounds,
        interactive: false,
        color: FAR_COLOUR,
        weight: 2,
        dashArray: "3 3",
        fill: false,
      }).addTo(layer);
}

/** A layer that is filled when it is first shown. */
function reserveLayer() {
  const layer = L.layerGroup();
  layer.on("add", () => {
    if (!layer.getLayers().length) fillReserveLayer(layer);
    document.documentElement.classList.add("shows-reserve");
  });
  layer.on("remove", () => document.documentElement.classList.remove("shows-reserve"));
  return layer;
}

if (RESERVE) {
  layers.reserve = reserveLayer();
  LAYER_SWITCHES.push("reserve");
}

/** Rows of the key for what the layer draws; they show with it. */
function reserveSigns() {
  if (!RESERVE) return [];
  const row = (sort, text) =>
    el(
      "li",
      { class: "reserve-sign" },
      el("span", { class: `swatch swatch-${sort}`, "aria-hidden": "true" }),
      el("span", { text }),
    );
  const limit = reserveLimit();
  return [
    row("reserve", say("reserve.sign_near", { limit })),
    row("far", say("reserve.sign_far", { limit })),
  ];
}

const reserveText = ({ post, minutes: needed }) =>
  el("span", {}, link(post), ` ${minutes(needed)}`);

/** What a station's detail tells: the post whose reserve comes soonest. */
function reserveFact(station) {
  if (!RESERVE) return null;
  const found = RESERVE.nearest.get(station);
  return fact(say("reserve.nearest"), found ? reserveText(found) : say("reserve.no_road"));
}

function stationRows(stations) {
  const rows = stations.map((station) => {
    const found = RESERVE.nearest.get(station);
    const told = found ? minutes(found.minutes) : say("reserve.no_road");
    return el("li", {}, link(station, nameOf(station.name), el("small", { text: told })));
  });
  return [el("ul", { class: "rows" }, ...rows)];
}

/** What a post's detail tells: the stations that its reserve reaches in time, and soonest of all. */
function reserveOfPost(post) {
  if (!RESERVE) return null;
  const own = PLAN.stations.filter(
    (station) => isNearReserve(station) && RESERVE.nearest.get(station).post === post,
  );
  if (!own.length) return null;
  return foldable(say("reserve.of_post", { limit: reserveLimit() }), own.length, () =>
    stationRows(own),
  );
}

/** Stations in foldable groups, so that thousands cost nothing before they are asked for. */
function reserveGroup(heading, stations, keyOf) {
  if (!stations.length) return null;
  return foldable(heading, stations.length, () =>
    [...groupBy(stations, keyOf)]
      .sort(byName)
      .map(([name, own]) => foldable(placeName(name), own.length, () => stationRows(own))),
  );
}

function reserveSection() {
  if (!RESERVE) return null;
  const near = PLAN.stations.filter(isNearReserve);
  const far = PLAN.stations.filter((station) => !isNearReserve(station));
  const limit = reserveLimit();
  const told = say("reserve.told", {
    limit,
    near: num(near.length),
    far: num(far.length),
    total: num(PLAN.stations.length),
  });
  return el(
    "section",
    { id: "reserve" },
    el("h2", { text: say("reserve.heading", { limit }) }),
    el("p", { text: told }),
    reserveGroup(say("reserve.far"), far, (station) => station.kecamatan),
    reserveGroup(say("reserve.near"), near, (station) => RESERVE.nearest.get(station).post.name),
    el("p", { class: "hint", text: say("reserve.hint") }),
  );
}

/** The stations that no reserve reaches in time, on paper. */
function reserveSheet() {
  const far = RESERVE ? PLAN.stations.filter((station) => !isNearReserve(station)) : [];
  if (!far.length) return null;
  const rows = far.map((station) => {
    const found = RESERVE.nearest.get(station);
    return [
      nameOf(station.id),
      nameOf(station.name),
      say(`look.${station.risk}`),
      nameOf(placeName(station.kelurahan || station.kecamatan)),
      found ? nameOf(found.post.name) : "–",
      found ? num(found.minutes, 1) : say("reserve.no_road"),
    ];
  });
  const heads = ["id", "station", "risk_class", "unit", "nearest_reserve", "minutes"];
  return paperSheet(
    say("reserve.sheet", { limit: reserveLimit(), count: num(far.length) }),
    paperTable(heads, rows),
  );
}
