/* Pages for some readers only. What they may not see is not in the file; here is what the page does
   without it. A text for one audience stands in the catalogue with the audience before its key. */

/** Whom the page is for: its `kind` is "commander", "polsek" (one post) or "public". */
function audience() {
  return RAW.plan.audience;
}

function forPublic() {
  return audience().kind === "public";
}

/** Put nothing where the file leaves a thing out, so that lists of it are empty. */
function withAbsent(raw) {
  const facts = { plan_id: null, aims: [], limits: {}, versions: {}, rung_low: {} };
  const none = { id: [], at: "" };
  const columns = { risk_class: "", voters: [], deploy: [], beat: [], snap: [], uncovered: [] };
  return {
    posts: none,
    teams: none,
    ...raw,
    plan: { ...facts, ...raw.plan },
    stations: { ...columns, team: raw.stations.id.map(() => -1), ...raw.stations },
  };
}

/** What a station looks like that no team of this page covers. */
function lookWithoutTeam(station) {
  if (forPublic()) return "station";
  return station.reason === "other_post" ? "elsewhere" : "uncovered";
}

/** Looks in the order in which they are drawn and stand in the key. */
function lookOrder() {
  if (forPublic()) return ["station"];
  const classes = ["low", "elevated", "high", "special"];
  return [...classes, ...(audience().kind === "polsek" ? ["elsewhere"] : []), "uncovered"];
}

function hasLayer(name) {
  if (name === "beats" || name === "rounds") return !forPublic();
  return name !== "posts" || PLAN.posts.length > 0;
}

/** The line at the head where the plan's own worth is not told. */
function partTruth() {
  const { stations, uncovered } = PLAN;
  const total = num(stations.length);
  if (forPublic()) return [say("stations_total", { total }), ...votingParts()].join("; ");
  return say("own_coverage", {
    covered: num(stations.length - uncovered.length),
    total,
    own: num(stations.filter((station) => station.team).length),
  });
}

/** When stations are open, as far as it is known. */
function votingParts() {
  const { date, opens, closes } = PLAN.facts.voting;
  return [
    ...(date ? [say("voting_day", { date: day(date) })] : []),
    ...(opens ? [say("voting_hours", { opens: clock(opens), closes: clock(closes) })] : []),
  ];
}

/** The panel of a station that no team of this page covers. */
function withoutTeam(station) {
  const look = lookOf(station);
  if (look === "uncovered") return [lackingPart(station), stationPart(station)];
  const hint = look === "elsewhere" ? el("p", { class: "hint", text: say("elsewhere_hint") }) : null;
  return [hint, stationPart(station)];
}

const readersText = () => say(`audience.${audience().kind}`, audience());

/** Say beside each secret marking whom the page is for; the public's says so by itself. */
function showAudience() {
  document.documentElement.dataset.audience = audience().kind;
  if (forPublic()) return;
  for (const node of document.querySelectorAll(".secret, .foot-secret"))
    node.append(" · ", nameOf(readersText()));
}

/* paper: stations of which only the place is told */
function placeSheet(heading, stations) {
  if (!stations.length) return null;
  const rows = stations.map((station) => [
    nameOf(station.id),
    nameOf(station.name),
    nameOf(placeName(station.kelurahan)),
    nameOf(placeName(station.kecamatan)),
  ]);
  return paperSheet(heading, paperTable(["id", "station", "kelurahan", "kecamatan"], rows));
}

/** What is printed after the map, by whom the page is for. */
function audienceSheets(units) {
  if (forPublic()) return [placeSheet(say("stations"), PLAN.stations)];
  const others = PLAN.stations.filter((station) => lookOf(station) === "elsewhere");
  return [
    // the sheet of a single kecamatan tells its gaps by itself
    units.length === 1 ? null : uncoveredSheet(),
    filtering() ? null : ordersSheet(),
    figureSheet(),
    filtering() ? null : curveSheet(),
    reserveSheet(),
    ...units,
    placeSheet(say("look.elsewhere"), others),
  ];
}
