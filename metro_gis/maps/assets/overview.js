/* The panel's first view: what the plan comes to, and every station, team and post to go to. */

/** A button that leads to a station, a team or a post. */
function link(thing, ...words) {
  const look =
    thing.kind === "station" ? sign(lookOf(thing)) : thing.kind === "post" ? shield(16) : null;
  const content = words.length ? words : [nameOf(thing.kind === "team" ? thing.id : thing.name)];
  return el(
    "button",
    { type: "button", class: "link", on: { click: () => choose(thing) } },
    look,
    ...content,
  );
}

const stationLink = (station) => link(station, nameOf(station.name), nameOf(station.id, "small"));
const teamLink = (team) =>
  link(
    team,
    nameOf(team.id),
    el("small", { text: say("stations_count", { count: num(team.round.length) }) }),
  );

function bigFigure(value, label, note) {
  return el(
    "div",
    { class: "figure" },
    el("strong", { text: value }),
    el("span", { text: label }),
    note ? el("small", { text: note }) : null,
  );
}

function figures() {
  const { stations, uncovered, teams, posts } = PLAN;
  if (forPublic()) return null;
  const box = el(
    "div",
    { class: "figures" },
    bigFigure(
      num(stations.length - uncovered.length),
      say("covered"),
      say("of_total", { total: num(stations.length) }),
    ),
    bigFigure(num(teams.length), say("teams")),
    bigFigure(num(sum(teams, (team) => team.officers)), say("on_stations"), say("officers")),
    bigFigure(num(sum(posts, (post) => post.free)), say("free"), say("officers")),
  );
  if (uncovered.length) box.firstElementChild.classList.add("figure-lacking");
  return box;
}

function classTable() {
  const rows = RISK_CLASSES.map((risk) => {
    const own = PLAN.stations.filter((station) => station.risk === risk);
    const covered = own.filter((station) => lookOf(station) !== "uncovered").length;
    return [
      el("span", { class: "with-sign" }, sign(risk), say(`look.${risk}`)),
      num(own.length),
      num(covered),
      num(own.length - covered),
    ];
  });
  return table([say("risk_class"), say("stations"), say("covered"), say("uncovered")], rows, {
    caption: say("by_class"),
  });
}

function postTable() {
  const rows = PLAN.posts.map((post) => [
    link(post),
    num(post.officers),
    num(post.fixed),
    num(post.reserve),
    num(post.posted),
    num(post.free),
  ]);
  const total = (of) => num(sum(PLAN.posts, of));
  rows.push([
    el("strong", { text: say("total") }),
    total((post) => post.officers),
    total((post) => post.fixed),
    total((post) => post.reserve),
    total((post) => post.posted),
    total((post) => post.free),
  ]);
  const heads = [
    say("post"),
    say("all"),
    say("fixed"),
    say("reserve"),
    say("on_stations"),
    say("free"),
  ];
  return table(heads, rows, { caption: say("officers_by_post") });
}

/** The rung of a unit: the most low stations that any of its teams may have. */
function rungOf(unit) {
  const rungs = unit.teams.map((team) => team.rung).filter((rung) => rung !== null);
  return rungs.length ? Math.max(...rungs) : null;
}

const rungText = (rung) =>
  rung === null || rung === undefined ? "–" : say("rung_value", { rung: num(rung) });

function unitTable() {
  const { stations, teams, facts } = PLAN;
  // without a border the whole area has one rung, and its parts have none of their own
  const whole = facts.border === "none";
  const held = PLAN.units.filter((unit) => unit.stations.length || unit.teams.length);
  const rows = held.map((unit) => [
    el(
      "button",
      {
        type: "button",
        class: "link",
        on: { click: () => unit.stations.length && lookAtAll(unit.stations) },
      },
      nameOf(unitName(unit)),
    ),
    num(unit.stations.length),
    num(unit.teams.length),
    num(sum(unit.teams, (team) => team.officers)),
    rungText(whole ? null : rungOf(unit)),
  ]);
  rows.push([
    el("strong", { text: say("whole_area") }),
    num(stations.length),
    num(teams.length),
    num(sum(teams, (team) => team.officers)),
    rungText(whole ? facts.rung_low["*"] : null),
  ]);
  return table([say("unit"), say("stations"), say("teams"), say("officers"), say("rung")], rows, {
    caption: say("by_unit"),
  });
}

function aimTable() {
  if (!PLAN.facts.aims.length) return null;
  const shown = (aim, value) => {
    if (value === null || value === undefined) return "–";
    if (Array.isArray(value)) return value.map((part) => num(part)).join("/");
    return aim.name === "nearness" ? num(value, 1) : num(value);
  };
  const proof = (aim) => {
    if (aim.gap === null || aim.gap === undefined || aim.gap >= 1) return say("aim.unproven");
    return aim.gap > 0 ? say("aim.within", { gap: share(aim.gap) }) : say("aim.proven");
  };
  const rows = PLAN.facts.aims.map((aim) => [
    say(`aim.${aim.name}`),
    shown(aim, aim.value),
    shown(aim, aim.bound),
    proof(aim),
  ]);
  return table([say("aim"), say("value"), say("bound"), say("proof")], rows, {
    caption: say("aims"),
  });
}

const REASONS = ["no_road", "too_far", "no_officers"];

/** Uncovered stations, those of the gravest class first, then by reason. */
function uncoveredInOrder(stations = PLAN.uncovered) {
  const rank = ({ risk, reason }) => 9 * -RISK_CLASSES.indexOf(risk) + REASONS.indexOf(reason);
  return [...stations].sort(
    (a, b) => rank(a) - rank(b) || reasonText(a).localeCompare(reasonText(b)),
  );
}

const gapText = (station) => `${say(`look.${station.risk}`)}: ${reasonText(station)}`;

function uncoveredList() {
  if (!PLAN.uncovered.length) return null;
  const rows = (stations) => [
    el("ul", { class: "rows" }, ...stations.map((station) => el("li", {}, stationLink(station)))),
  ];
  const groups = [...groupBy(uncoveredInOrder(), gapText)].map(
    ([gap, stations]) =>
      foldable(gap, stations.length, () => rows(stations), {
        open: PLAN.uncovered.length <= 12,
      }),
  );
  return el(
    "section",
    { class: "lacking" },
    el("h2", { text: say("uncovered_stations", { count: num(PLAN.uncovered.length) }) }),
    ...groups,
  );
}

const byName = ([a], [b]) => a.localeCompare(b, LOCALES[language], { numeric: true });

function stationTree() {
  const rows = (stations) => [
    el("ul", { class: "rows" }, ...stations.map((station) => el("li", {}, stationLink(station)))),
  ];
  const kelurahan = (stations) =>
    [...groupBy(stations, (station) => station.kelurahan)]
      .sort(byName)
      .map(([name, own]) => foldable(placeName(name), own.length, () => rows(own)));
  return [...groupBy(PLAN.stations, (station) => station.kecamatan)]
    .sort(byName)
    .map(([name, own]) => foldable(placeName(name), own.length, () => kelurahan(own)));
}

function teamTree() {
  const rows = (teams) => [
    el("ul", { class: "rows" }, ...teams.map((team) => el("li", {}, teamLink(team)))),
  ];
  return PLAN.units
    .filter((unit) => unit.teams.length)
    .map((unit) => foldable(unitName(unit), unit.teams.length, () => rows(unit.teams)));
}

function sources() {
  const { facts } = PLAN;
  const list = el("dl", {}, fact(say("plan"), nameOf(facts.plan_id)));
  if (madeText()) list.append(fact(say("plan_file"), nameOf(madeText())));
  if (facts.roads_source) list.append(fact(say("roads"), nameOf(facts.roads_source)));
  if (facts.roads_date) list.append(fact(say("roads_date"), nameOf(day(facts.roads_date))));
  for (const name of ["deploy_minutes", "beat_minutes"]) {
    if (name in facts.limits) list.append(fact(say(`limit.${name}`), minutes(facts.limits[name])));
  }
  for (const [name, version] of Object.entries(facts.versions))
    list.append(fact(name, nameOf(version)));
  return list;
}

function overviewParts() {
  const part = (heading, id, ...content) =>
    el("section", { id, tabIndex: id ? -1 : undefined }, el("h2", { text: heading }), ...content);
  return [
    figures(),
    uncoveredList(),
    previousSection(),
    part(say("stations"), "stations", ...stationTree()),
    ...(forPublic()
      ? []
      : [
          part(say("teams"), null, ...teamTree()),
          el("section", {}, classTable(), postTable(), unitTable(), aimTable()),
          curveSection(),
          reserveSection(),
          part(say("sources"), null, sources()),
        ]),
  ];
}

function showOverview() {
  byId("overview").replaceChildren(...withFilter(overviewParts).filter((node) => node));
}
