/* Words and numbers in the language of the reader. */

const LOCALES = { en: "en-GB", id: "id-ID" };
let language = RAW.lang;

/** Look a text up and fill its placeholders. */
function say(key, values = {}) {
  const template = RAW.texts[language][key];
  if (template === undefined) throw new Error(`no text ${key}`);
  return template.replace(/\{(\w+)\}/g, (mark, name) =>
    name in values ? String(values[name]) : mark,
  );
}

/** Write a number with the language's decimal sign; nothing known is a dash. */
function num(value, digits = 0, least = digits) {
  if (value === null || value === undefined) return "–";
  return new Intl.NumberFormat(LOCALES[language], {
    minimumFractionDigits: least,
    maximumFractionDigits: digits,
  }).format(value);
}

const minutes = (value) => (value === null ? "–" : say("minutes", { value: num(value, 1) }));
const metres = (value) => (value === null ? "–" : say("metres", { value: num(value) }));

/** Write a share; rounded up, so that "within" stays true. */
function share(value) {
  const steps = value < 0.001 ? 1e4 : 1e3;
  const percent = (Math.ceil(value * steps - 1e-9) / steps) * 100;
  return say("percent", { value: num(percent, 2, 0) });
}

const placeName = (name) => name || say("unnamed");
const unitName = (unit) => (unit.name === "*" ? say("whole_area") : placeName(unit.name));

/** Say what the plan is worth, in one line, without flattering it; what was modelled comes after it. */
function truthLine() {
  const { facts, stations, uncovered } = PLAN;
  const parts = [
    say("coverage", {
      covered: num(stations.length - uncovered.length),
      total: num(stations.length),
    }),
    proofText(facts),
  ];
  if (facts.stopped_by) parts.push(say(`stopped.${facts.stopped_by}`));
  return parts.join("; ");
}

function proofText(facts) {
  // a bound of nothing proves nothing
  if (facts.gap === null || facts.gap >= 1) return say("proof.none");
  if (facts.status !== "optimal") return say("proof.within", { gap: share(facts.gap) });
  return facts.gap > 0 ? say("proof.best_within", { gap: share(facts.gap) }) : say("proof.best");
}

/** Which of roads and points were modelled: "roads", "points", "both" or null. */
function modelledKind() {
  const { roads_modelled: roads, points_modelled: points } = PLAN.facts;
  if (roads && points) return "both";
  if (roads) return "roads";
  return points ? "points" : null;
}

/** Say why a station stays uncovered, with the witness that the plan carries. */
function witnessText(station) {
  const { reason, witness } = station;
  if (reason === "no_road") {
    return witness.snap_m === null || witness.snap_m === undefined
      ? say("witness.no_road")
      : say("witness.no_road_near", {
          snap: metres(witness.snap_m),
          limit: metres(witness.snap_limit_m ?? null),
        });
  }
  if (reason === "too_far" && witness.post_id !== undefined) {
    const post = PLAN.posts.find((row) => row.id === witness.post_id);
    const limit = PLAN.facts.limits.deploy_minutes;
    const said = {
      post: post ? post.name : witness.post_id,
      minutes: minutes(witness.minutes ?? null),
    };
    return limit === undefined
      ? say("witness.too_far", said)
      : say("witness.too_far_limit", { ...said, limit: minutes(limit) });
  }
  if (reason === "no_officers" && witness.kind === "count") {
    return say("witness.count", {
      stations: num(witness.stations.length),
      needed: num(witness.officers_needed),
      officers: num(witness.officers),
      posts: num(witness.posts.length),
    });
  }
  return reason === "no_officers" ? say("witness.unproven") : "";
}
