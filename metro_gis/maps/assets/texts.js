/* Words and numbers in the language of the reader. */

const LOCALES = { en: "en-GB", id: "id-ID" };
let language = RAW.lang;

/** Look a text up, that of the page's audience first, and fill its placeholders. */
function say(key, values = {}) {
  const texts = RAW.texts[language];
  const template = texts[`${audience().kind}.${key}`] ?? texts[key];
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
  const digits = value < 0.001 ? 2 : 1;
  const steps = 10 ** digits;
  const percent = Math.max(0, Math.ceil(value * 100 * steps - 1e-9)) / steps;
  return say("percent", { value: num(percent, digits) });
}

/** Write the day of an ISO time stamp in words; what is no such stamp stays as it is. */
function day(stamp) {
  const [date] = /^\d{4}-\d{2}-\d{2}(?![^T ])/.exec(stamp) || [];
  const time = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(time)) return stamp;
  return new Intl.DateTimeFormat(LOCALES[language], {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  }).format(time);
}

/** Write an hour of the day as the language does. */
const clock = (hour) => (language === "id" ? hour.replace(":", ".") : hour);

const placeName = (name) => name || say("unnamed");
const unitName = (unit) => (unit.name === "*" ? say("whole_area") : placeName(unit.name));

/** Say what the plan is worth, in one line, without flattering it; what was modelled comes after it. */
function truthLine() {
  const { facts, stations, uncovered } = PLAN;
  if (facts.status === undefined) return partTruth();
  const parts = [
    say("coverage", {
      covered: num(stations.length - uncovered.length),
      total: num(stations.length),
    }),
    proofText(facts),
  ];
  if (facts.gap_certified !== null && facts.status !== "optimal") {
    parts.push(say("proof.checked", { gap: share(facts.gap_certified) }));
  }
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

const postNamed = (id) => (PLAN.posts.find((row) => row.id === id) || { name: id }).name;

/** Whether a post has officers enough free for an uncovered station: none "are left" would be untrue. */
const hasFree = ({ reason, witness }) =>
  reason === "no_officers" && Boolean(witness.enough) && witness.enough.officers === 0;

/** The reason of an uncovered station, in a few words. */
const reasonText = (station) =>
  say(`reason.${hasFree(station) ? "not_sent" : station.reason || "unknown"}`);

/** Say how many officers more, and where, would cover a station. */
function enoughText({ post_id: id, officers }) {
  const post = postNamed(id);
  if (officers === 0) return say("witness.free", { post });
  if (officers === 1) return say("witness.enough_one", { post });
  return say("witness.enough", { post, officers: num(officers) });
}

function shortText(station) {
  const { witness } = station;
  const parts = [];
  if (witness.kind === "count")
    parts.push(
      say("witness.count", {
        stations: num(witness.stations.length),
        needed: num(witness.officers_needed),
        officers: num(witness.officers),
        posts: num(witness.posts.length),
      }),
    );
  else if (!hasFree(station)) parts.push(say("witness.unproven"));
  if (witness.enough) parts.push(enoughText(witness.enough));
  return parts.join(" ");
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
    const limit = PLAN.facts.limits.deploy_minutes;
    const said = {
      post: postNamed(witness.post_id),
      minutes: minutes(witness.minutes ?? null),
    };
    return limit === undefined
      ? say("witness.too_far", said)
      : say("witness.too_far_limit", { ...said, limit: minutes(limit) });
  }
  return reason === "no_officers" ? shortText(station) : "";
}
