/* The lock: all that the file holds of the plan is encrypted. The right passphrase opens it and starts
   the page; of a wrong one and of a damaged file the lock says the same. */

const MOST_ROUNDS = 10_000_000;
// the same letters as in passphrase.py
const UNSEEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const SPACES =
  /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

const lock = document.getElementById("lock");
const part = (name) => document.getElementById(`lock-${name}`);
const behind = [...document.body.children].filter(
  (node) => node !== lock && !node.matches(".secret"),
);
let language = LOCK.lang;
let told = null; // key of what is said below the field
let opening = false;

const say = (key) => LOCK.texts[language][key];

function tell(key) {
  told = key;
  const refused = key === "lock.wrong";
  part("said").textContent = key ? say(key) : "";
  part("said").classList.toggle("lock-refused", refused);
  part("phrase").setAttribute("aria-invalid", String(refused));
}

function showTexts() {
  document.documentElement.lang = language;
  document.title = `${say("lock.title")} · metro-gis`;
  for (const node of document.querySelectorAll("#lock [data-text], .secret"))
    node.textContent = say(node.dataset.text);
  const other = language === "id" ? "en" : "id";
  part("language").textContent = LOCK.texts[other].language;
  part("language").lang = other;
  tell(told);
}

/** Write a passphrase as it is used, whichever keyboard it was typed on. */
const normalised = (phrase) =>
  phrase
    .replace(UNSEEN, "")
    .normalize("NFC")
    .replace(SPACES, " ")
    .replace(/^ | $/g, "")
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());

const utf8 = (text) => new TextEncoder().encode(text);

/** Read base64; bits that no reader needs must be as they were written. */
function octets(text) {
  const read = atob(text);
  if (btoa(read) !== text) throw new Error("not as it was written");
  return Uint8Array.from(read, (mark) => mark.charCodeAt(0));
}

/** Whether the shell is as it was written, as far as a page can tell: scripts and styles by the
    policy, which refuses those that were changed; the policy by the header; and its few settings. */
async function isWhole(policy) {
  const stated = document.querySelector("meta[http-equiv=Content-Security-Policy]").content;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(stated)));
  const hex = [...digest].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  const [leaflet, own] = document.querySelectorAll("style");
  return (
    hex === policy &&
    leaflet.sheet &&
    own.sheet &&
    document.compatMode === "CSS1Compat" &&
    document.characterSet === "UTF-8" &&
    document.querySelector("noscript").textContent === LOCK.noscript &&
    Object.entries(LOCK.metas).every(
      ([name, content]) => document.querySelector(`meta[name=${name}]`).content === content,
    )
  );
}

/** Open the data block; fails if the passphrase is another one, or anything of the block was changed. */
async function unsealed(phrase) {
  const [header, sealed] = document.getElementById("metro-gis-sealed").textContent.split("\n");
  const { rounds, salt, nonce, policy } = JSON.parse(header);
  if (!(rounds <= MOST_ROUNDS && (await isWhole(policy)))) throw new Error("not as it was written");
  const typed = await crypto.subtle.importKey("raw", utf8(phrase), "PBKDF2", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt: octets(salt), iterations: rounds },
    typed,
    { name: "AES-GCM", length: 256 },
    false,
    ["decrypt"],
  );
  const packed = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: octets(nonce), additionalData: utf8(header), tagLength: 128 },
    key,
    octets(sealed),
  );
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(plain).text());
}

function refuse() {
  opening = false;
  part("open").setAttribute("aria-disabled", "false");
  tell("lock.wrong");
  part("phrase").focus();
  part("phrase").select();
}

async function open() {
  opening = true;
  part("open").setAttribute("aria-disabled", "true");
  tell("lock.opening");
  let raw;
  try {
    raw = await unsealed(normalised(part("phrase").value));
  } catch {
    refuse();
    return;
  }
  try {
    startPage({ ...raw, lang: language });
  } catch (error) {
    refuse();
    throw error;
  }
  part("phrase").value = "";
  lock.remove();
  delete document.documentElement.dataset.locked;
  for (const node of behind) node.inert = false;
}

part("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!opening && part("phrase").value) open();
});
part("show").addEventListener("click", () => {
  const shown = part("phrase").type === "password";
  part("phrase").type = shown ? "text" : "password";
  part("show").setAttribute("aria-pressed", String(shown));
  part("phrase").focus();
});
part("language").addEventListener("click", () => {
  language = language === "id" ? "en" : "id";
  showTexts();
});

for (const node of behind) node.inert = true;
showTexts();
if (window.crypto?.subtle && window.DecompressionStream) {
  part("phrase").focus();
} else {
  for (const name of ["phrase", "show", "open"]) part(name).disabled = true;
  tell("lock.unable");
}
document.documentElement.dataset.locked = "true";
