/* Colours, shapes and widths: what things look like on the map, in the key and on paper. */

/* Risk classes differ in shape as well as colour; the colours stay apart for colour-blind readers
   (Okabe and Ito, 2008). */
const LOOKS = {
  low: { shape: "circle", fill: "#0a6aa8", size: 1 },
  elevated: { shape: "triangle", fill: "#e69f00", size: 1.35 },
  high: { shape: "square", fill: "#c8470a", size: 1.15 },
  special: { shape: "diamond", fill: "#7a2a86", size: 1.35 },
  uncovered: { shape: "cross", fill: "#111111", size: 1.35 },
  elsewhere: { shape: "circle", fill: "#7b8490", size: 0.85 },
  station: { shape: "circle", fill: "#1c5a43", size: 1 },
};
const LOOK_ORDER = lookOrder();

/** Corners of a shape around (0, 0), for a marker of radius 1; a circle has none. */
const CORNERS = {
  triangle: [
    [0, -1],
    [0.95, 0.75],
    [-0.95, 0.75],
  ],
  square: [
    [-0.85, -0.85],
    [0.85, -0.85],
    [0.85, 0.85],
    [-0.85, 0.85],
  ],
  diamond: [
    [0, -1.05],
    [0.95, 0],
    [0, 1.05],
    [-0.95, 0],
  ],
  cross: [
    [-0.85, -0.45],
    [-0.45, -0.85],
    [0, -0.4],
    [0.45, -0.85],
    [0.85, -0.45],
    [0.4, 0],
    [0.85, 0.45],
    [0.45, 0.85],
    [0, 0.4],
    [-0.45, 0.85],
    [-0.85, 0.45],
    [-0.4, 0],
  ],
};

/** The sign of a look, as a small drawing for key, lists and tables. */
function sign(look) {
  const { shape, fill } = LOOKS[look];
  const drawn = svg("svg", {
    viewBox: "-1.4 -1.4 2.8 2.8",
    width: 16,
    height: 16,
    class: "sign",
    "aria-hidden": "true",
  });
  drawn.append(
    shape === "circle"
      ? svg("circle", { r: 0.9, fill })
      : svg("polygon", {
          points: CORNERS[shape].map((corner) => corner.join(",")).join(" "),
          fill,
        }),
  );
  if (look === "uncovered")
    drawn.append(svg("circle", { r: 1.25, fill: "none", stroke: "#c1121f", "stroke-width": 0.22 }));
  return drawn;
}

/** The sign of an anchor: any station sign with a white dot in it. */
function anchorSign() {
  const drawn = sign("low");
  drawn.append(svg("circle", { r: 0.38, fill: "#ffffff" }));
  return drawn;
}

/** The sign of a post: a shield. */
function shield(size) {
  return svg(
    "svg",
    {
      viewBox: "0 0 24 26",
      width: size,
      height: Math.round((size * 26) / 24),
      "aria-hidden": "true",
    },
    svg("path", {
      d: "M12 1 L22 4.5 V12 C22 18.5 17.5 22.8 12 25 C6.5 22.8 2 18.5 2 12 V4.5 Z",
      fill: "#14213d",
      stroke: "#ffffff",
      "stroke-width": 1.8,
    }),
    svg("path", {
      d: "M12 6.2 L13.8 10.2 L18.1 10.6 L14.8 13.5 L15.8 17.7 L12 15.5 L8.2 17.7 L9.2 13.5 L5.9 10.6 L10.2 10.2 Z",
      fill: "#f2c14e",
    }),
  );
}

/* Roads from the least to the greatest, so that the greater ones lie on top: width in screen points
   at zoom 14, colour, casing, first zoom at which the class shows, and the switch that hides it. */
const ROADS = [
  { classes: ["track"], width: 1, fill: "#d8d2c4", casing: null, from: 14, group: "service" },
  {
    classes: ["service", "unknown"],
    width: 1.1,
    fill: "#ffffff",
    casing: "#d3d5cf",
    from: 13.5,
    group: "service",
  },
  {
    classes: ["living_street"],
    width: 1.7,
    fill: "#ffffff",
    casing: "#cfd1ca",
    from: 12.5,
    group: "local",
  },
  {
    classes: ["residential", "unclassified", "road"],
    width: 2.1,
    fill: "#ffffff",
    casing: "#c6c9c1",
    from: 11,
    group: "local",
  },
  { classes: ["tertiary"], width: 3, fill: "#fffdf2", casing: "#b9bbb0", from: 10, group: "main" },
  {
    classes: ["secondary"],
    width: 3.8,
    fill: "#fbefc4",
    casing: "#c4ae6c",
    from: 9,
    group: "main",
  },
  { classes: ["primary"], width: 4.6, fill: "#f7dca2", casing: "#bf9a55", from: 8, group: "main" },
  { classes: ["trunk"], width: 5, fill: "#f2c599", casing: "#b98353", from: 7, group: "main" },
  { classes: ["motorway"], width: 5.4, fill: "#e9aa98", casing: "#a9655a", from: 6, group: "main" },
  // streets that nobody may drive: named on the map's key
  { classes: ["closed"], width: 4.6, fill: "#c1121f", casing: "#ffffff", from: 6, group: "main", dash: "3 6" },
];
const KNOWN_ROADS = new Set(ROADS.flatMap((road) => road.classes));

/** Roads and markers grow with the zoom, by less than the map does. */
const roadWidth = (base, zoom) => Math.max(0.6, base * 2 ** ((zoom - 14) * 0.55));
const casingShare = (zoom) => Math.min(1, Math.max(0.5, (zoom - 10.5) / 3.5));

/* half of the mean distance between stations, in metres: where they stand dense, their marks are small */
const CROWD_M = (() => {
  const lats = PLAN.stations.map((station) => station.at[0]);
  const lons = PLAN.stations.map((station) => station.at[1]);
  const span = (values) =>
    values.reduce((top, value) => Math.max(top, value), -180) -
    values.reduce((low, value) => Math.min(low, value), 180);
  const degree = 111195;
  const area =
    span(lats) * degree * span(lons) * degree * Math.cos(((lats[0] || 0) * Math.PI) / 180);
  return Math.sqrt(Math.max(area, 0) / Math.max(lats.length, 1)) / 2;
})();

function markerRadius(zoom) {
  const pixelM = 156543 / 2 ** zoom; // at the equator, near enough for Indonesia
  const wanted = Math.min(9, Math.max(2.1, 4.6 + (zoom - 13) * 1.05));
  return CROWD_M > 0 ? Math.min(wanted, Math.max(1.7, (0.8 * CROWD_M) / pixelM)) : wanted;
}

/* Beats: a hue for each unit, a tone for each team; near ones get different ones. */
const HUES = [212, 148, 282, 32, 332, 178, 84, 250];
const TONES = [
  [46, 46],
  [58, 34],
  [36, 60],
  [72, 42],
]; // saturation and lightness

const beatColour = (team) =>
  `hsl(${team.unit.hue} ${TONES[team.tone][0]}% ${TONES[team.tone][1]}%)`;
const strongColour = (team) => `hsl(${team.unit.hue} 72% 27%)`;

const middle = (stations) => [
  sum(stations, (station) => station.at[0]) / stations.length,
  sum(stations, (station) => station.at[1]) / stations.length,
];

/** Keep the `count` nearest of the places before `index`, nearest first. */
function nearestBefore(places, index, count) {
  const [lat, lon] = places[index];
  const near = [];
  for (let at = 0; at < index; at += 1) {
    const apart = (places[at][0] - lat) ** 2 + (places[at][1] - lon) ** 2;
    if (near.length === count && apart >= near[count - 1].apart) continue;
    let rank = near.length;
    while (rank > 0 && near[rank - 1].apart > apart) rank -= 1;
    near.splice(rank, 0, { at, apart });
    near.length = Math.min(near.length, count);
  }
  return near;
}

/** Give each place, in order, the one of `count` choices that is least used near it. */
function spread(places, count, neighbours) {
  const chosen = [];
  places.forEach((place, index) => {
    const used = new Array(count).fill(0);
    nearestBefore(places, index, neighbours).forEach(({ at }, rank) => {
      used[chosen[at]] += neighbours - rank;
    });
    chosen.push(used.indexOf(Math.min(...used)));
  });
  return chosen;
}

function colourBeats() {
  const units = PLAN.units.filter((unit) => unit.teams.length);
  spread(
    units.map((unit) => middle(unit.teams.flatMap((team) => team.round))),
    HUES.length,
    HUES.length - 1,
  ).forEach((hue, index) => {
    units[index].hue = HUES[hue];
  });
  for (const unit of units) {
    spread(
      unit.teams.map((team) => middle(team.round)),
      TONES.length,
      5,
    ).forEach((tone, index) => {
      unit.teams[index].tone = tone;
    });
  }
}
colourBeats();
