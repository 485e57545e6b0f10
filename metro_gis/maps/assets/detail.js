/* The panel's second view: one station with its team, one team, or one post. */

function stationPart(station) {
  const facts = el("dl", {}, fact(say("station_id"), nameOf(station.id)));
  if (!forPublic()) {
    const look = el("span", { class: "with-sign" }, sign(station.risk), say(`look.${station.risk}`));
    facts.append(fact(say("risk_class"), look), fact(say("voters"), num(station.voters)));
  }
  facts.append(fact(say("kelurahan"), nameOf(placeName(station.kelurahan))));
  facts.append(fact(say("kecamatan"), nameOf(placeName(station.kecamatan))));
  if (station.team) {
    facts.append(fact(say("from_post"), minutes(station.deploy)));
    facts.append(
      fact(
        say("from_anchor"),
        station.team.anchor === station ? say("is_anchor") : minutes(station.beat),
      ),
    );
  }
  if (forPublic()) return facts;
  facts.append(fact(say("to_road"), metres(station.snap)));
  const reserve = reserveFact(station);
  if (reserve) facts.append(reserve);
  return facts;
}

function lackingPart(station) {
  const box = el(
    "section",
    { class: "lacking" },
    el("h3", { text: say("look.uncovered") }),
    el("p", {}, el("strong", { text: reasonText(station) })),
  );
  const witness = witnessText(station);
  if (witness) box.append(el("p", { text: witness }));
  const others = (station.witness.stations || [])
    .map((id) => PLAN.stations.find((row) => row.id === id))
    .filter((row) => row && row !== station);
  if (others.length) {
    box.append(
      foldable(say("witness_stations"), others.length, () => [
        el("ul", { class: "rows" }, ...others.map((row) => el("li", {}, stationLink(row)))),
      ]),
    );
  }
  return box;
}

/** A bar that shows how full a team is. */
function loadBar(load) {
  const bar = el("meter", { min: "0", max: "1", "aria-hidden": "true" });
  bar.value = load;
  return el("span", { class: "load" }, bar, say("percent", { value: num(load * 100) }));
}

function teamPart(team, current) {
  const facts = el(
    "dl",
    {},
    fact(say("from"), link(team.post)),
    fact(say("officers"), num(team.officers)),
  );
  facts.append(fact(say("unit"), nameOf(unitName(team.unit))));
  facts.append(fact(say("post_to_anchor"), minutes(team.deploy)));
  facts.append(fact(say("longest_leg"), minutes(team.beat)));
  facts.append(fact(say("round_minutes"), minutes(team.minutes)));
  facts.append(fact(say("load"), loadBar(team.load)));
  if (team.rung !== null)
    facts.append(fact(say("rung"), say("rung_value", { rung: num(team.rung) })));
  const stops = team.round.map((station) =>
    el(
      "li",
      {
        class: station === current ? "current" : null,
        "aria-current": station === current ? "true" : null,
      },
      link(station),
      el("small", {
        class: "leg",
        text: station === team.anchor ? say("anchor") : minutes(station.beat),
      }),
    ),
  );
  return [
    facts,
    el("h3", { text: say("round", { count: num(team.round.length) }) }),
    team.round.length > 1 ? el("p", { class: "hint", text: say("round_hint") }) : null,
    el("ol", { class: "round" }, ...stops),
  ];
}

function postPart(post) {
  const facts = el("dl", {});
  if (post.postKind) facts.append(fact(say("post_kind"), kindName(post.postKind)));
  facts.append(fact(say("officers"), num(post.officers)));
  for (const name of ["fixed", "reserve", "posted", "free"])
    facts.append(fact(say(name === "posted" ? "on_stations" : name), num(post[name])));
  const rows = post.teams.map((team) => el("li", {}, teamLink(team)));
  return [
    facts,
    el("h3", { text: say("teams_of_post", { count: num(post.teams.length) }) }),
    el("ul", { class: "rows" }, ...rows),
    reserveOfPost(post),
  ];
}

const kindName = (kind) =>
  `kind.${kind}` in RAW.texts[language] ? say(`kind.${kind}`) : nameOf(kind);
const headingOf = (thing) =>
  thing.kind === "team" ? say("team_named", { team: thing.id }) : thing.name;

function detailContent(thing) {
  if (thing.kind === "team") return teamPart(thing, null);
  if (thing.kind === "post") return postPart(thing);
  if (!thing.team) return withoutTeam(thing);
  const heading = el(
    "h3",
    { class: "team-heading" },
    el(
      "button",
      { type: "button", class: "link", on: { click: () => choose(thing.team) } },
      nameOf(headingOf(thing.team)),
    ),
  );
  return [
    stationPart(thing),
    el("section", { class: "team-card" }, heading, ...teamPart(thing.team, thing)),
  ];
}

/** Show a thing in the panel, move the focus there and say what is shown. */
function showDetail(thing, focus = true) {
  const look =
    thing.kind === "station" ? sign(lookOf(thing)) : thing.kind === "post" ? shield(20) : null;
  const heading = el("h2", { id: "detail-heading", tabIndex: -1 }, look, nameOf(headingOf(thing)));
  const close = el("button", {
    type: "button",
    class: "close",
    title: say("close"),
    "aria-label": say("close"),
    text: "×",
    on: { click: unchoose },
  });
  const box = byId("detail");
  box.replaceChildren(
    el("header", { class: "detail-head" }, heading, close),
    ...detailContent(thing).filter((node) => node),
  );
  box.setAttribute("aria-labelledby", "detail-heading");
  box.dataset.kind = thing.kind;
  box.dataset.id = thing.id;
  box.hidden = false;
  byId("overview").hidden = true;
  byId("found").hidden = true;
  if (!focus) return;
  openSheet(true);
  byId("panel-body").scrollTop = 0;
  heading.focus({ preventScroll: true });
  byId("said").textContent = say("shown", { what: headingOf(thing) });
}

function hideDetail() {
  byId("detail").hidden = true;
  byId("detail").replaceChildren();
  delete byId("detail").dataset.id;
  const query = byId("query").value;
  byId("overview").hidden = false;
  if (query.trim()) find(query);
  byId("said").textContent = say("closed");
}

/** On a phone the panel is a sheet at the foot of the map: half open or only its handle and search. */
function openSheet(open) {
  byId("panel").classList.toggle("open", open);
  byId("sheet").setAttribute("aria-expanded", String(open));
  byId("sheet-text").textContent = say(open ? "sheet_close" : "sheet_open");
}
