/* The panel of two plans: figures side by side, every difference to go to, and one in detail. */

const SHARES = new Set(["gap", "gap_certified"]);
const TENTHS = new Set(["officer_minutes", "deploy_minutes_max", "beat_minutes_max"]);

/** Write a difference with its sign. */
function signed(value, digits = 0) {
  if (value === null || value === undefined) return "";
  return value > 0 ? `+${num(value, digits)}` : num(value, digits).replace("-", "−");
}

function figureText(name, value) {
  if (value === null) return "–";
  return SHARES.has(name) ? share(value) : num(value, TENTHS.has(name) ? 1 : 0);
}

function differenceText(name, value) {
  if (value === null || !value) return value === null ? "" : "0";
  if (SHARES.has(name)) return `${value > 0 ? "+" : "−"}${share(Math.abs(value))}`;
  return signed(value, TENTHS.has(name) ? 1 : 0);
}

function figureTable() {
  const rows = Object.entries(PAIR.figures).map(([name, { a, b, difference }]) => [
    say(`compare.figure.${name}`),
    figureText(name, a),
    figureText(name, b),
    differenceText(name, difference),
  ]);
  for (const { unit, a, b } of PAIR.rungs) {
    const named = unit === "*" ? say("compare.whole-area") : unit;
    const both = a !== null && b !== null;
    rows.push([
      nameOf(say("compare.rung-of", { unit: named })),
      num(a),
      num(b),
      both ? differenceText("rung", b - a) : "",
    ]);
  }
  const drawn = table([say("compare.figure"), "A", "B", say("compare.difference")], rows);
  for (const row of drawn.tBodies[0].rows)
    row.classList.toggle("differs", !["0", ""].includes(row.lastElementChild.textContent));
  return drawn;
}

/** Which files and roads a plan is made from. */
function madeFrom(side) {
  const facts = PAIR[side];
  const list = el(
    "dl",
    {},
    fact(say("plan"), nameOf(facts.plan)),
    fact(say("compare.plan-id"), nameOf(facts.plan_id)),
    fact(say("compare.roads-modelled"), say(`compare.${facts.roads.modelled ? "yes" : "no"}`)),
  );
  for (const { name, file, rows, sha256 } of facts.inputs) {
    const counted = rows === null || rows === undefined ? "" : ` · ${num(rows)}`;
    const told = `${file}${counted} · ${sha256.slice(0, 8)}`;
    list.append(fact(say("compare.input", { name }), nameOf(told)));
  }
  return list;
}

/** Numbers in a note are written as the reader's language has them. */
const noteText = ({ code, params }) =>
  say(
    `compare.note-${code}`,
    Object.fromEntries(
      Object.entries(params).map(([name, value]) => [
        name,
        typeof value === "number" ? num(value, 1, 0) : value,
      ]),
    ),
  );

function noteBoxes() {
  const unverified = ["a", "b"]
    .filter((side) => !PAIR[side].verified)
    .map((side) => say("compare.side", { side: side.toUpperCase(), plan: inputsText(side) }));
  const graves = PAIR.notes.filter((note) => note.incomparable).map(noteText);
  const others = PAIR.notes.filter((note) => !note.incomparable).map(noteText);
  const box = (heading, lines, kind) =>
    lines.length
      ? el(
          "section",
          { class: kind },
          el("h2", { text: heading }),
          el("ul", { class: "notes" }, ...lines.map((text) => nameOf(text, "li"))),
        )
      : null;
  return [
    box(say("compare.not-verified"), unverified, "caution"),
    box(say("compare.incomparable"), graves, "caution"),
    box(say("compare.notes"), others, "remarks"),
  ];
}

const inputsText = (side) => PAIR[side].changed_inputs.join(", ");
const unverifiedText = (side) => say("compare.unverified", { inputs: inputsText(side) });

/* what the list says of a difference, in few words */
const fateText = (side) =>
  side.team_id === null
    ? say("compare.fate-none")
    : say("compare.fate-team", { team: side.team_id, post: side.post_id });
const areaText = ({ kecamatan, kelurahan }) =>
  [kecamatan, kelurahan].filter((part) => part).join(", ") || "–";
const riskText = (side) => say(`cli.class-${side.risk_class}`);

function briefText(kind, row) {
  const sides = (tell) => say("compare.a-b", { a: tell(row.a), b: tell(row.b) });
  const one = row.b || row.a;
  const tell = {
    added: () => (one.risk_class ? fateText(one) : num(one.officers)),
    dropped: () => fateText(one),
    moved: () => sides((side) => side.team_id),
    uncovered: () => fateText(row.a),
    covered: () => fateText(row.b),
    class_changed: () => sides(riskText),
    rung_changed: () => sides((side) => num(side.rung)),
    place_changed: () => say("compare.apart", { metres: num(row.apart_m) }),
    area_changed: () => sides(areaText),
    new: () => one.post_id,
    gone: () => one.post_id || num(one.officers),
    post_changed: () => sides((side) => side.post_id),
    beat_changed: () => `+${num(row.stations_in.length)} −${num(row.stations_out.length)}`,
    anchor_changed: () => sides((side) => side.anchor_station_id),
    officers_changed: () => sides((side) => num(side.officers)),
    posted_changed: () => sides((side) => num(side.posted_officers)),
    serves_changed: () => sides((side) => side.serves || say("compare.everywhere")),
  };
  return tell[kind]();
}

function differenceRow(kind, row) {
  const { thing } = row;
  const called = thing.kind === "team" ? thing.id : thing.name;
  return el("li", {}, link(thing, nameOf(called), nameOf(briefText(kind, row), "small")));
}

function differenceLists() {
  const groups = Object.entries(PAIR.counts).flatMap(([rows, kinds]) =>
    Object.entries(kinds)
      .filter(([, count]) => count)
      .map(([kind, count]) => {
        const own = DIFFERENCES[rows].filter((row) => row.kinds.includes(kind));
        const build = () => [
          el("ul", { class: "rows" }, ...own.map((row) => differenceRow(kind, row))),
        ];
        return foldable(say(`compare.${rows}.${kind}`), count, build, { open: count <= 8 });
      }),
  );
  const { count, stations, officers } = PAIR.changes;
  const told = PAIR.same
    ? say("compare.nothing")
    : say("compare.changes-counted", {
        count: num(count),
        stations: num(stations),
        officers: num(officers),
      });
  return el(
    "section",
    { id: "stations", class: "differences", tabIndex: -1 },
    el("h2", { text: say("compare.changes") }),
    el("p", { class: "hint", text: told }),
    ...groups,
  );
}

/** The panel's first view where both plans are shown. */
function showPairOverview() {
  const parts = [
    ...noteBoxes(),
    differenceLists(),
    el("section", {}, figureTable()),
    ...["a", "b"].map((side) =>
      el("section", {}, el("h2", { text: side.toUpperCase() }), madeFrom(side)),
    ),
  ];
  byId("overview").replaceChildren(...parts.filter((node) => node));
}

/** Facts of a thing in either plan, side by side. */
function sideRows(thing) {
  const [a, b] = bothOf(thing);
  const row = (label, tell) => [label, a ? tell(a) : "–", b ? tell(b) : "–"];
  const ofTeam = (tell) => (one) => (teamOf(one) ? tell(teamOf(one)) : "–");
  if (thing.kind === "post")
    return ["officers", "fixed", "reserve", "posted", "free"].map((name) =>
      row(say(name === "posted" ? "on_stations" : name), (post) => num(post[name])),
    );
  const shared = [
    row(say("compare.team"), (one) => (teamOf(one) ? teamOf(one).id : say("compare.fate-none"))),
    row(say("post"), ofTeam((team) => team.post.name)),
    row(say("compare.anchor"), ofTeam((team) => team.anchor.name)),
  ];
  if (thing.kind === "team")
    return [
      ...shared,
      row(say("officers"), (team) => num(team.officers)),
      row(say("stations"), (team) => num(team.round.length)),
      row(say("post_to_anchor"), (team) => minutes(team.deploy)),
      row(say("round_minutes"), (team) => minutes(team.minutes)),
    ];
  return [
    ...shared,
    row(say("compare.class"), (station) => say(`look.${station.risk}`)),
    row(say("from_post"), (station) => minutes(station.deploy)),
    row(say("from_anchor"), (station) => minutes(station.beat)),
  ];
}

/** The kinds of a difference in words, and both sides of the thing in a table. */
function pairPart(thing) {
  const found = differenceOf(thing);
  const rows = THINGS[thing.kind];
  const kinds = found
    ? found.kinds.map((kind) => el("li", { text: say(`compare.${rows}.${kind}`) }))
    : [el("li", { text: say("compare.same") })];
  const told = sideRows(thing);
  const sides = table(
    ["", "A", "B"],
    told.map(([label, ...values]) => [label, ...values.map((text) => nameOf(text))]),
  );
  [...sides.tBodies[0].rows].forEach((row, place) =>
    row.classList.toggle("differs", told[place][1] !== told[place][2]),
  );
  const box = el("section", { class: "pair-card" }, el("ul", { class: "kinds" }, ...kinds), sides);
  if (found && thing.kind === "team") box.append(...orderParts(found));
  return box;
}

function orderParts(found) {
  const listed = (heading, ids) =>
    ids.length
      ? foldable(
          say(`compare.${heading}`),
          ids.length,
          () => [
            el(
              "ul",
              { class: "rows" },
              ...ids.map((id) =>
                el("li", {}, stationLink(KNOWN.b.station.get(id) || KNOWN.a.station.get(id))),
              ),
            ),
          ],
          { open: ids.length <= 6 },
        )
      : null;
  const facts = el("dl", {}, fact(say("compare.new_orders"), num(found.new_orders)));
  facts.append(fact(say("compare.why"), nameOf(whyText(found.why))));
  return [
    facts,
    listed("stations_in", found.stations_in),
    listed("stations_out", found.stations_out),
  ].filter((node) => node);
}

function whyText(why) {
  const said = {
    post: why.post_id,
    station: why.station_id,
    officers: num(why.officers),
    unit: why.unit,
    rung_before: num(why.rung_before),
    rung_now: num(why.rung_now),
  };
  for (const side of ["before", "now"]) if (why[side]) said[side] = say(`cli.class-${why[side]}`);
  return say(`cli.why-${why.code}`, said);
}
