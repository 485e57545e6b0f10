/* Two plans on one page: the page's own plan is B, plan A stands beside it. A switch shows one of
   them as on a page of its own, or both with what differs between them. */

const PAIR = RAW.pair;
const MODES = ["a", "both", "b"];
let mode = "both";

/** Let the page show a plan: all of its scripts ask PLAN. */
const become = (plan) => Object.assign(PLAN, plan);

const SIDES = { b: { ...PLAN }, a: readPlan({ ...RAW.other, basemap: RAW.basemap }) };
become(SIDES.a);
colourBeats();
become(SIDES.b);

const THINGS = { station: "stations", team: "teams", post: "posts" };
const byIdOf = (plan) =>
  Object.fromEntries(
    Object.entries(THINGS).map(([kind, rows]) => [
      kind,
      new Map(plan[rows].map((thing) => [thing.id, thing])),
    ]),
  );
const KNOWN = { a: byIdOf(SIDES.a), b: byIdOf(SIDES.b) };

/* teams that are taken for the same bear names of their own in each plan */
const NOW = new Map(PAIR.matched.map((pair) => [pair.a, pair.b]));
const BEFORE = new Map(PAIR.matched.map((pair) => [pair.b, pair.a]));

/** Which plan a thing is of. */
const sideOf = (thing) => (KNOWN.a[thing.kind].get(thing.id) === thing ? "a" : "b");

/** What a thing is in the other plan; nothing where it is not there. */
function otherOf(thing) {
  const side = sideOf(thing);
  const names = side === "a" ? NOW : BEFORE;
  const id = thing.kind === "team" ? names.get(thing.id) : thing.id;
  return KNOWN[side === "a" ? "b" : "a"][thing.kind].get(id) || null;
}

/** A thing in both plans, A before B. */
const bothOf = (thing) =>
  sideOf(thing) === "a" ? [thing, otherOf(thing)] : [otherOf(thing), thing];

const idOf = (kind, side) => (side ? side[`${kind}_id`] : null);

/* every difference, with the thing that stands for it on the map: that of B, where there is one */
const DIFFERENCES = Object.fromEntries(
  Object.entries(THINGS).map(([kind, rows]) => [
    rows,
    PAIR[rows].map((row) => ({
      ...row,
      thing: KNOWN.b[kind].get(idOf(kind, row.b)) || KNOWN.a[kind].get(idOf(kind, row.a)),
    })),
  ]),
);
const DIFFERENCE_OF = new Map(
  Object.values(DIFFERENCES).flatMap((rows) => rows.map((row) => [row.thing, row])),
);

/** What differs about a thing, whichever plan's it is. */
const differenceOf = (thing) =>
  DIFFERENCE_OF.get(thing) || DIFFERENCE_OF.get(otherOf(thing)) || null;

/* both at once: all of B, and what only A has */
const onlyInA = (rows) => SIDES.a[rows].filter((thing) => !otherOf(thing));
SIDES.both = {
  ...SIDES.b,
  ...Object.fromEntries(
    Object.values(THINGS).map((rows) => [rows, [...SIDES.b[rows], ...onlyInA(rows)]]),
  ),
};

/** Compute something as if the page showed one of the plans. */
function within(side, compute) {
  const shown = { ...PLAN };
  become(SIDES[side]);
  try {
    return compute();
  } finally {
    become(shown);
  }
}

/* signs of differences: colour and mark, in the order in which they matter */
const CHANGES = {
  added: { mark: "+", colour: "#1a7f37" },
  dropped: { mark: "−", colour: "#b3261e", dashed: true },
  uncovered: { mark: "×", colour: "#b3261e" },
  covered: { mark: "+", colour: "#1a7f37" },
  moved: { mark: "→", colour: "#14213d" },
  class_changed: { mark: "≠", colour: "#7a2a86" },
  place_changed: { mark: "≠", colour: "#7a2a86" },
  area_changed: { mark: "≠", colour: "#7a2a86" },
};
const COLOUR_OF_A = "#7a3b00";
const COLOUR_OF_POSTS = "#b5126b"; // like no road
const COLOUR_OF_ANCHORS = "#14213d";

/** The sign of a station that differs; a rung is that of a whole unit and has none. */
function changeOf(row) {
  const kind = Object.keys(CHANGES).find((name) => row.kinds.includes(name));
  return kind ? CHANGES[kind] : null;
}
