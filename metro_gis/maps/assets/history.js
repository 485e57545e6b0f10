/* The plan among others: what came after it, what it follows, and when its file was written. */

/** Name the plans that were made from this one; nothing where there is none. */
function supersededText() {
  const later = RAW.superseded_by || [];
  if (!later.length) return "";
  const plans = later.map(({ name, plan_id: plan }) => say("plan_named", { name, plan }));
  return say("superseded", { plans: plans.join(", ") });
}

function showSuperseded() {
  const told = supersededText();
  byId("superseded").hidden = !told;
  byId("superseded").replaceChildren(nameOf(told, "strong"));
}

/** The same for the head of a sheet of paper. */
function supersededMark() {
  const told = supersededText();
  return told ? nameOf(told, "strong") : null;
}

/** Day and minute of the plan's file, in the time of western Indonesia, in which they are given. */
function madeText() {
  if (!RAW.made) return "";
  const time = Date.parse(`${RAW.made.slice(0, 16)}:00Z`);
  const clock = new Intl.DateTimeFormat(LOCALES[language], {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: "UTC",
  }).format(time);
  return say("made", { day: day(RAW.made), time: clock });
}

/** Which plan this is, by its id and the day of its file. */
function planText() {
  const { plan_id: plan } = PLAN.facts;
  const named = plan === null ? "" : say("foot_plan", { plan });
  return [named, madeText()].filter((part) => part).join(", ");
}

const previousName = ({ name, plan_id: plan }) =>
  name === null ? say("foot_plan", { plan }) : say("plan_named", { name, plan });

/** Say how much changes, and whether less would do. */
function changesText({ stations, officers, bound }) {
  const count = stations + officers;
  if (!count) return say("changes.none");
  const kind = bound === null ? "unproven" : bound === count ? "proven" : "within";
  return [
    say("changes.counted", { stations: num(stations), officers: num(officers) }),
    say(`changes.${kind}`, { bound: num(bound) }),
  ].join(" ");
}

const orderFrom = (order) =>
  order.former_post_id === null ? say("order.new") : postNamed(order.former_post_id);
const orderTo = (order) => (order.post_id === null ? say("order.gone") : postNamed(order.post_id));
const orderWhy = ({ why }) => {
  const said = {
    post: postNamed(why.post_id),
    station: stationNamed(why.station_id),
    officers: num(why.officers),
    unit: why.unit,
    rung_before: num(why.rung_before),
    rung_now: num(why.rung_now),
  };
  for (const side of ["before", "now"]) if (why[side]) said[side] = say(`cli.class-${why[side]}`);
  return say(`cli.why-${why.code}`, said);
};
const stationNamed = (id) => {
  const found = PLAN.stations.find((station) => station.id === id);
  return found && found.name !== id ? `${found.name} (${id})` : id;
};
const stationsNamed = (ids) => (ids.length ? ids.map(stationNamed).join(", ") : "–");

/** One order in the panel: the team, where its officers come from and go to, its stations, and why. */
function orderRow(order) {
  const team = PLAN.teams.find((row) => row.id === order.team_id);
  const line = (label, text) => fact(label, nameOf(text));
  return el(
    "li",
    { class: "order-card" },
    team ? link(team) : nameOf(order.team_id, "strong"),
    el(
      "dl",
      {},
      line(say("sheet.order_from"), orderFrom(order)),
      line(say("sheet.order_to"), orderTo(order)),
      order.officers ? line(say("order.officers"), num(order.officers)) : null,
      order.stations_in.length ? line(say("sheet.takes"), stationsNamed(order.stations_in)) : null,
      order.stations_out.length
        ? line(say("sheet.gives_up"), stationsNamed(order.stations_out))
        : null,
      line(say("sheet.why"), orderWhy(order)),
    ),
  );
}

function previousSection() {
  const told = RAW.previous;
  if (!told) return null;
  return el(
    "section",
    { id: "previous" },
    el("h2", {}, nameOf(say("previous", { plan: previousName(told) }))),
    el("p", { text: changesText(told) }),
    told.orders.length
      ? foldable(say("orders"), told.orders.length, () => [
          el("ul", { class: "orders" }, ...told.orders.map(orderRow)),
        ])
      : null,
  );
}

/** The transfer orders on paper. */
function ordersSheet() {
  const told = RAW.previous;
  if (!told || !told.orders.length) return null;
  const rows = told.orders.map((order) => [
    nameOf(order.team_id),
    nameOf(orderFrom(order)),
    nameOf(orderTo(order)),
    num(order.officers),
    nameOf(stationsNamed(order.stations_in)),
    nameOf(stationsNamed(order.stations_out)),
    nameOf(orderWhy(order)),
  ]);
  const heads = ["team", "order_from", "order_to", "order_officers", "takes", "gives_up", "why"];
  return paperSheet(
    say("orders_since", { plan: previousName(told) }),
    paperTable(heads, rows),
  );
}
