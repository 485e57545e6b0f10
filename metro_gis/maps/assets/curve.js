/* The officers curve: what other numbers of officers come to, what is proven of it, and where the
   plan stands on it. */

const CURVE = RAW.curve ? readCurve(RAW.curve) : null;

function readCurve(columns) {
  return columns.officers.map((officers, index) => ({
    officers,
    covered: columns.covered[index],
    low: columns.low[index],
    minutes: columns.officer_minutes[index],
    proof: pointProof(columns.gap[index], columns.optimal[index]),
    gap: columns.gap[index],
  }));
}

/** What is proven of a point: "proven", "within" or "unproven", by the rule of the truth line. */
function pointProof(gap, optimal) {
  if (gap === null || gap >= 1) return "unproven";
  return optimal && gap === 0 ? "proven" : "within";
}

const proofWord = ({ proof, gap }) =>
  proof === "within" ? say("aim.within", { gap: share(gap) }) : say(`aim.${proof}`);

/** Officers for stations that the plan has: those on stations and those free. */
const ownOfficers = () => sum(PLAN.posts, (post) => post.posted + post.free);
const ownCovered = () => PLAN.stations.length - PLAN.uncovered.length;

/* the drawing, in its own units: two plots over one axis of officers */
const PLOT = { width: 378, height: 262, left: 40, right: 366 };
const COVERED_ROOM = { top: 14, bottom: 132 };
const LOW_ROOM = { top: 164, bottom: 228 };

/** Map numbers to a stretch of the drawing. */
function scale([low, high], [from, to]) {
  const span = high - low || 1;
  return (value) => from + ((value - low) / span) * (to - from);
}

/** Round numbers between two values, about as many as wanted. */
function roundSteps([low, high], wanted) {
  const rough = Math.max(high - low, 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].find((factor) => factor * power >= rough) * power);
  const steps = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) steps.push(at);
  return steps;
}

/** The mark of a point: full where proven, with a white dot within a share, hollow where not proven. */
function pointMark(x, y, point, told) {
  const mark = svg("g", { class: `point point-${point.proof}` });
  mark.append(svg("circle", { cx: x, cy: y, r: 3.4 }));
  if (point.proof === "within") mark.append(svg("circle", { cx: x, cy: y, r: 1.2, class: "eye" }));
  if (told) mark.append(svg("title", {}, told));
  return mark;
}

const pointTold = (point) =>
  say("curve.point", {
    officers: num(point.officers),
    covered: num(point.covered),
    proof: proofWord(point),
  });

/** A line of steps: the officers of a point can carry out the plan of the point before. */
function steps(points, x, y, value) {
  const path = points.map(
    (point, place) =>
      `${place ? `H${x(point.officers)}V` : `M${x(point.officers)},`}${y(value(point))}`,
  );
  return svg("path", { d: path.join(""), class: "curve-line" });
}

function axisText(x, y, text, anchor) {
  return svg("text", { x, y, "text-anchor": anchor, class: "axis" }, text);
}

/** Lines and numbers across one of the plots. */
function crossLines(room, range, wanted, y) {
  return roundSteps(range, wanted).flatMap((value) => [
    svg("line", { x1: PLOT.left, x2: PLOT.right, y1: y(value), y2: y(value), class: "grid" }),
    axisText(PLOT.left - 5, y(value) + 3.5, num(value), "end"),
  ]);
}

function plotCovered(points, x) {
  const range = [0, PLAN.stations.length];
  const y = scale(range, [COVERED_ROOM.bottom, COVERED_ROOM.top]);
  return [
    axisText(PLOT.left, COVERED_ROOM.top - 5, say("curve.covered"), "start"),
    ...crossLines(COVERED_ROOM, range, 4, y),
    steps(points, x, y, (point) => point.covered),
    ...points.map((point) =>
      pointMark(x(point.officers), y(point.covered), point, pointTold(point)),
    ),
    svg("circle", { cx: x(ownOfficers()), cy: y(ownCovered()), r: 6.5, class: "own" }),
  ];
}

function plotLow(points, x) {
  const known = points.filter((point) => point.low !== null);
  if (!known.length) return [];
  const range = [0, Math.ceil(Math.max(...known.map((point) => point.low)))];
  const y = scale(range, [LOW_ROOM.bottom, LOW_ROOM.top]);
  return [
    axisText(PLOT.left, LOW_ROOM.top - 6, say("curve.low"), "start"),
    ...crossLines(LOW_ROOM, range, 3, y),
    ...known.map((point) => pointMark(x(point.officers), y(point.low), point, null)),
  ];
}

function curvePlot() {
  const own = ownOfficers();
  const numbers = [...CURVE.map((point) => point.officers), own];
  const range = [Math.min(...numbers), Math.max(...numbers)];
  const x = scale(range, [PLOT.left + 6, PLOT.right - 8]);
  const bottom = LOW_ROOM.bottom;
  return svg(
    "svg",
    {
      viewBox: `0 0 ${PLOT.width} ${PLOT.height}`,
      class: "curve",
      role: "img",
      "aria-label": say("curve.label", { officers: num(own), covered: num(ownCovered()) }),
    },
    svg("line", { x1: x(own), x2: x(own), y1: COVERED_ROOM.top, y2: bottom, class: "own-line" }),
    ...plotCovered(CURVE, x),
    ...plotLow(CURVE, x),
    ...roundSteps(range, 5).map((value) => axisText(x(value), bottom + 14, num(value), "middle")),
    axisText((PLOT.left + PLOT.right) / 2, bottom + 29, say("curve.officers"), "middle"),
  );
}

/** What the marks of the plot mean. */
function curveKey() {
  const row = (text, ...marks) =>
    el(
      "li",
      {},
      svg(
        "svg",
        { viewBox: "-8 -8 16 16", width: 16, height: 16, "aria-hidden": "true", class: "curve" },
        ...marks,
      ),
      el("span", { text }),
    );
  const proofs = ["proven", "within", "unproven"].filter((proof) =>
    CURVE.some((point) => point.proof === proof),
  );
  return el(
    "ul",
    { class: "curve-key" },
    ...proofs.map((proof) => row(say(`curve.mark.${proof}`), pointMark(0, 0, { proof }, null))),
    row(say("curve.mark.own"), svg("circle", { r: 6.5, class: "own" })),
  );
}

function curveTable(options = {}) {
  const heads = ["officers", "covered", "low", "minutes", "proof"];
  const rows = CURVE.map((point) => [
    num(point.officers),
    num(point.covered),
    num(point.low, 1),
    num(point.minutes, 1),
    proofWord(point),
  ]);
  return table(
    heads.map((key) => say(`curve.head.${key}`)),
    rows,
    options,
  );
}

const curveHint = () =>
  RAW.curve.complete ? say("curve.hint") : `${say("curve.hint")} ${say("curve.cut_short")}`;

function curveSection() {
  if (!CURVE || !CURVE.length) return null;
  return el(
    "section",
    { id: "curve" },
    el("h2", { text: say("curve.heading") }),
    curvePlot(),
    curveKey(),
    el("p", { class: "hint", text: curveHint() }),
    foldable(say("curve.table"), CURVE.length, () => [curveTable()]),
  );
}

/** The curve on paper: plot, signs and table. */
function curveSheet() {
  if (!CURVE || !CURVE.length) return null;
  const plot = [curvePlot(), curveKey(), el("p", { class: "hint", text: curveHint() })];
  return paperSheet(
    say("curve.heading"),
    el("div", { class: "curve-sheet" }, ...plot),
    curveTable({ caption: say("curve.table"), class: "curve-table" }),
  );
}
