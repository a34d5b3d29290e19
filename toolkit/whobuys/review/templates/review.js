// The review page. Whatever is entered goes to the gradebook at once; what cannot be stored yet
// waits in `ops` and is tried again. Answers come as cleaned HTML; all else is set as text.
"use strict";

const SIGNS = { waiting: "○", begun: "◐", older: "↻", done: "✓" };
const WORDS = { waiting: "not marked", begun: "partly marked", older: "marked in an older version", done: "marked" };
const MODES = { first: "first marking", second: "second marking, the first marks are hidden", settle: "settling differences" };
const $ = (id) => document.getElementById(id);
const say = (points) => String(points).replace(/\.5$/, "½").replace(/^0½$/, "½");

let key = null;
let unit = null;
let question = null;
let items = [];
let bank = [];
let at = 0;
let line = 1;
let many = false;
let typed = { when: 0, text: "" };
let undone = [];
let ops = [];
let busy = false;

function make(tag, options = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (name === "class") node.className = value;
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...inside.filter((part) => part !== null && part !== undefined));
  return node;
}

async function ask(method, name, body) {
  const options = { method, headers: { Authorization: `Review ${key}` } };
  let address = `api/${name}`;
  if (method === "POST") {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
    options.keepalive = options.body.length < 50000;
  } else if (body) address += `?${new URLSearchParams(body)}`;
  const reply = await fetch(address, options);
  const told = await reply.json().catch(() => ({ error: reply.statusText }));
  return { status: reply.status, told };
}

function status(words, bad = false) {
  $("status").textContent = words;
  $("status").classList.toggle("bad", bad);
}

function stop(words) {
  const message = make("p", { id: "message" }, words);
  $("desk").replaceChildren(message);
}

/* ---- saving: one after the other, again and again until it is stored ---- */

function put(op) {
  // Each change of points is stored and written down; of a comment, the text as it stands.
  const same = op.name !== "comment" ? -1 : ops.findIndex((other, index) => other.id === op.id && !(busy && index === 0));
  if (same >= 0) ops[same] = { ...op, tries: 0 };
  else ops.push({ ...op, tries: 0 });
  status("Saving …");
  pump();
}

async function pump() {
  if (busy || !ops.length) return;
  busy = true;
  const op = ops[0];
  let reply = null;
  try {
    reply = await ask("POST", op.name, op.body());
  } catch {
    reply = { status: 0, told: { error: "The review program does not answer." } };
  }
  busy = false;
  if (reply.status === 0 || reply.status === 503 || reply.status === 500) {
    op.tries += 1;
    status(`Not saved yet: ${reply.told.error} What you enter is kept on this page and tried again.`, true);
    setTimeout(pump, Math.min(5000, 500 * op.tries));
    return;
  }
  ops.shift();
  if (reply.status === 200) {
    op.stored?.(reply.told);
    if (!ops.length) status("Saved");
  } else {
    ops = ops.filter((other) => other.id !== op.id);
    status(reply.told.error, true);
    if (reply.status === 403) stop("This page is not signed in any more. Press Enter in the terminal for a new address.");
    else await reload();
  }
  pump();
}

addEventListener("beforeunload", (event) => { if (ops.length) event.preventDefault(); });

function took(told) {
  const item = items.find((one) => one.key === told.item.key);
  if (!item) return;
  const waits = (name, number) => ops.some((op) => op.id === `${name} ${item.key} ${number}`);
  for (const [number, mark] of Object.entries(told.item.mine)) {
    const mine = own(item, number);
    mine.stored = mark.points;
    if (!waits("points", number)) { mine.points = mark.points; mine.now = mark.now; }
    if (!waits("comment", number) && document.activeElement?.dataset.of !== `${item.key} ${number}`) mine.comment = mark.comment;
  }
  for (const name of ["state", "decided", "asked", "others", "late"]) item[name] = told.item[name];
  refresh(item);
}

/* ---- what is marked ---- */

function own(item, number) {
  item.mine[number] ??= { points: null, comment: "", now: false, stored: null };
  return item.mine[number];
}

const rubric = () => question.rubric;
const total = (item) => rubric().reduce((sum, c) => sum + (own(item, c.criterion).now ? own(item, c.criterion).points ?? 0 : 0), 0);

function stateOf(item) {
  const marks = rubric().map((c) => own(item, c.criterion));
  const now = marks.filter((mark) => mark.now && mark.points !== null).length;
  if (now === marks.length) return "done";
  if (now) return "begun";
  return marks.some((mark) => mark.points !== null) ? "older" : "waiting";
}

const hasOld = (item) => rubric().some((c) => own(item, c.criterion).points !== null && !own(item, c.criterion).now);

function setPoints(item, number, points, options = {}) {
  const mine = own(item, number);
  if (mine.points === points && mine.now) return;
  if (!options.undo) {
    undone.push({ question: question.id, key: item.key, number, points: mine.points, now: mine.now });
    $("undo").disabled = false;
  }
  mine.points = points;
  mine.now = points !== null;
  const id = question.id;
  put({
    id: `points ${item.key} ${number}`,
    name: "points",
    body: () => ({ question: id, key: item.key, criterion: number, points, expected: mine.stored, undo: Boolean(options.undo) }),
    stored: took,
  });
  refresh(item);
}

function setComment(item, number, words) {
  const mine = own(item, number);
  mine.comment = words;
  const id = question.id;
  put({
    id: `comment ${item.key} ${number}`,
    name: "comment",
    body: () => ({ question: id, key: item.key, criterion: number, words: mine.comment }),
    stored: took,
  });
}

function undo() {
  const last = undone.pop();
  $("undo").disabled = !undone.length;
  if (!last) return;
  const index = items.findIndex((item) => item.key === last.key);
  if (index < 0 || last.question !== question.id) return;
  goTo(index, last.number);
  if (last.words !== undefined) {
    setComment(items[index], last.number, last.words);
    refresh(items[index]);
  } else setPoints(items[index], last.number, last.points, { undo: true });
}

function hold(item) {
  put({ id: `confirm ${item.key}`, name: "confirm", body: () => ({ question: question.id, key: item.key }), stored: took });
}

/* ---- the cards ---- */

function card(item) {
  const title = item.name ? `Answer ${item.number} · ${item.name}` : `Answer ${item.number}`;
  const box = make("article", { class: "card", "aria-label": title, "data-key": item.key });
  const text = make("div", { class: "answer", tabindex: "0", role: "region", dir: "auto", "aria-label": `What answer ${item.number} says` });
  text.innerHTML = item.html;
  box.append(
    make("div", { class: "head" }, make("h2", {}, make("bdi", {}, title)), make("span", { class: "flags" }), make("span", { class: "total" })),
    make("div", { class: "wide asked" }),
    make("div", { class: "said" }, text, item.work ? workOf(item) : null),
    make("div", { class: "lines" }, make("div", { class: "compare" }), ...rubric().map((c) => lineOf(item, c))),
  );
  box.addEventListener("focusin", (event) => {
    const number = Number(event.target.closest(".line")?.dataset.number ?? line);
    select(items.indexOf(item), number, false);
  });
  return box;
}

// The work cells come when they are unfolded: they can be large.
function workOf(item) {
  const inside = make("div", { class: "evidence", tabindex: "0", role: "region", "aria-label": `Work of answer ${item.number}` }, "Loading …");
  const box = make("details", { class: "work" }, make("summary", {}, "Work cells: code, and what it showed when graded ", make("kbd", {}, "w")), inside);
  const id = question.id;
  const fill = async () => {
    if (!box.open || box.dataset.asked) return;
    box.dataset.asked = "yes";
    try {
      const { status: code, told } = item.evidence ?? await ask("GET", "work", { question: id, key: item.key });
      if (code !== 200) throw new Error(told.error);
      item.evidence = { status: code, told };
      inside.innerHTML = told.html;
    } catch (error) {
      delete box.dataset.asked;
      inside.textContent = `Not loaded: ${error.message} Fold and unfold it to try again.`;
    }
  };
  box.addEventListener("toggle", fill);
  box.open = !many && item.work === "short";
  return box;
}

function lineOf(item, criterion) {
  const number = criterion.criterion;
  const steps = Array.from({ length: Math.floor(criterion.points) + 1 }, (_, n) => n);
  const pick = (points) => { setPoints(item, number, points); };
  const button = (words, label, act) => make("button", { type: "button", tabindex: many ? "-1" : null, "aria-label": label, on: { click: act } }, words);
  const half = (by) => () => pick(bounded((own(item, number).points ?? 0) + by, criterion));
  const comment = make("textarea", {
    "aria-label": `Comment: ${criterion.name}`, maxlength: "5000", dir: "auto", "data-of": `${item.key} ${number}`,
    on: {
      focus: (event) => { event.target.dataset.was = own(item, number).comment; },
      input: (event) => setComment(item, number, event.target.value),
      blur: (event) => {
        const was = event.target.dataset.was;
        if (was !== own(item, number).comment) {
          undone.push({ question: question.id, key: item.key, number, words: was });
          $("undo").disabled = false;
        }
        if (!event.target.value) event.target.hidden = true;
      },
    },
  });
  return make(
    "div", { class: "line", "data-number": number },
    make("div", { class: "row" },
      make("div", {
        class: "spin", role: "spinbutton", tabindex: "0", "aria-label": criterion.name,
        "aria-valuemin": "0", "aria-valuemax": criterion.points,
        on: { keydown: (event) => spinKey(event, item, criterion) },
      }),
      make("span", { class: "name" }, criterion.name)),
    make("div", { class: "choices", role: "group", "aria-label": `Points: ${criterion.name}` },
      ...steps.map((n) => make("button", {
        type: "button", tabindex: "-1", "data-points": n, "aria-pressed": "false", "aria-label": `${n} of ${criterion.points}`,
        on: { click: () => pick(n) },
      }, String(n))),
      button("−½", "Half a point less", half(-0.5)), button("+½", "Half a point more", half(0.5)),
      button("×", "Take the points back", () => pick(null)),
      button("Comment", `Comment on ${criterion.name}`, () => openComment(item, number))),
    make("dl", { class: "guide" },
      make("dt", {}, "all:"), make("dd", {}, criterion.full), make("dt", {}, "half:"), make("dd", {}, criterion.half),
      make("dt", {}, "none:"), make("dd", {}, criterion.none)),
    comment,
  );
}

const bounded = (points, criterion) => Math.max(0, Math.min(criterion.points, points));
const boxOf = (item) => document.querySelector(`.card[data-key="${item.key}"]`);

function refresh(item) {
  item.state = stateOf(item);
  const index = items.indexOf(item);
  const box = boxOf(item);
  if (box) {
    const flags = [make("span", { class: `flag ${item.state}` }, `${SIGNS[item.state]} ${WORDS[item.state]}`)];
    if (item.late > 0) flags.push(make("span", { class: "flag" }, `⚑ late: ${lateness(item.late)}`));
    if (item.asked.length) flags.push(make("span", { class: "flag" }, "⚑ asked again"));
    if (item.decided !== null) flags.push(make("span", { class: "flag" }, `decided: ${say(item.decided)}`));
    box.querySelector(".flags").replaceChildren(...flags.flatMap((flag) => [flag, " "]));
    box.querySelector(".total").textContent = `${say(total(item))} of ${say(question.points)}`;
    notices(item, box);
    compare(item, box);
    for (const part of box.querySelectorAll(".line")) {
      const number = Number(part.dataset.number);
      const criterion = rubric().find((c) => c.criterion === number);
      const mine = own(item, number);
      const spin = part.querySelector(".spin");
      const words = mine.points === null ? `– of ${say(criterion.points)}` : `${say(mine.points)} of ${say(criterion.points)}`;
      spin.textContent = words;
      spin.classList.toggle("given", mine.points !== null && mine.now);
      spin.classList.toggle("old", mine.points !== null && !mine.now);
      spin.setAttribute("aria-valuetext", mine.points === null ? "no points yet" : mine.now ? words : `${words}, of an older version`);
      if (mine.points === null) spin.removeAttribute("aria-valuenow");
      else spin.setAttribute("aria-valuenow", mine.points);
      for (const choice of part.querySelectorAll("[data-points]")) {
        choice.setAttribute("aria-pressed", String(mine.now && mine.points === Number(choice.dataset.points)));
      }
      const area = part.querySelector("textarea");
      if (document.activeElement !== area) {
        area.value = mine.comment;
        area.hidden = !mine.comment;
      }
    }
  }
  const chip = $("chips").children[index];
  if (chip) {
    const more = `${item.late > 0 ? ", late" : ""}${item.asked.length ? ", asked again" : ""}`;
    chip.className = item.state;
    chip.textContent = `${item.number} ${SIGNS[item.state]}${item.late > 0 || item.asked.length ? "⚑" : ""}`;
    chip.setAttribute("aria-label", `Answer ${item.number}: ${WORDS[item.state]}${more}`);
  }
  progress();
}

function lateness(minutes) {
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} days`;
}

function notices(item, box) {
  const place = box.querySelector(".asked");
  const now = JSON.stringify([item.asked, hasOld(item)]);
  if (place.dataset.now === now) return;
  place.dataset.now = now;
  place.replaceChildren();
  if (hasOld(item)) {
    place.append(make("div", { class: "notice" },
      make("p", {}, "Points in a dashed frame are of an older version: the answer or the rubric has changed since. They do not count until you enter them anew or say that they hold."),
      make("button", { type: "button", on: { click: () => hold(item) } }, "They hold ", make("kbd", {}, "a"))));
  }
  if (!item.asked.length) return;
  const id = `new-${item.key}`;
  const points = make("input", { type: "number", id, min: 0, max: question.points, step: 0.5 });
  const why = make("textarea", { id: `${id}-why`, maxlength: "5000", dir: "auto" });
  const answer = (changed) => () => {
    if (changed && points.value === "") { status("Enter the new points first.", true); return; }
    const given = changed ? Number(points.value) : null;
    put({ id: `answer ${item.key}`, name: "answer", body: () => ({ question: question.id, key: item.key, points: given, words: why.value }), stored: took });
  };
  place.append(make("div", { class: "notice" },
    make("p", {}, make("strong", {}, "The student asks to look again:")),
    ...item.asked.map((words) => make("p", { dir: "auto" }, words)),
    make("p", {}, make("label", { for: id }, `New points, of ${say(question.points)} `), points),
    make("p", {}, make("label", { for: `${id}-why` }, "Why (the student reads it) "), why),
    make("button", { type: "button", on: { click: answer(true) } }, "Change the mark"), " ",
    make("button", { type: "button", on: { click: answer(false) } }, "Keep the mark")));
}

function compare(item, box) {
  const place = box.querySelector(".compare");
  if (!item.others.length) { place.replaceChildren(); return; }
  const cell = (mark) => make("td", {}, mark ? `${say(mark.points ?? "–")}${mark.comment ? ` · ${mark.comment}` : ""}` : "–");
  const sum = (marks) => Object.values(marks).reduce((all, mark) => all + (mark.now ? mark.points : 0), 0);
  place.replaceChildren(make("table", { class: "others" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Line"), ...item.others.map((other) => make("th", { scope: "col" }, other.name)))),
    make("tbody", {},
      ...rubric().map((c) => make("tr", {}, make("th", { scope: "row" }, c.name), ...item.others.map((other) => cell(other.marks[c.criterion])))),
      make("tr", {}, make("th", { scope: "row" }, "In all"), ...item.others.map((other) => make("td", {}, say(sum(other.marks))))))));
}

function progress() {
  const done = items.filter((item) => item.state === "done").length;
  $("progress").max = Math.max(1, items.length);
  $("progress").value = done;
  $("count").textContent = `${done} of ${items.length} marked`;
  document.title = `${done}/${items.length} · ${unit.unit} ${question.id}`;
}

/* ---- going about ---- */

function show() {
  document.body.classList.toggle("many", many);
  $("view").setAttribute("aria-pressed", String(many));
  $("bank").hidden = !items.length;
  if (!items.length) {
    stop(unit.mode === "settle" ? "No difference between markers waits here." : "Nothing waits here.");
    return;
  }
  const shown = many ? items : [items[at]];
  const place = make("div", { class: many ? "side" : "one" }, ...shown.map(card));
  $("desk").replaceChildren(place);
  shown.forEach(refresh);
  mark();
}

function chips() {
  $("chips").replaceChildren(...items.map((item, index) => make("button", { type: "button", on: { click: () => goTo(index) } })));
  items.forEach(refresh);
}

function select(index, number, focus = true) {
  const turned = index !== at;
  at = index;
  line = number;
  if (turned && !many) show();
  mark();
  if (focus) {
    const spin = boxOf(items[at])?.querySelector(`.line[data-number="${line}"] .spin`);
    if (many && turned) boxOf(items[at]).scrollIntoView({ block: "nearest" });
    spin?.focus();
    spin?.closest(".line").scrollIntoView({ block: "nearest" });
  }
}

function mark() {
  document.querySelectorAll(".card").forEach((box) => {
    const here = box.dataset.key === items[at].key;
    box.classList.toggle("at", here);
    box.querySelectorAll(".line").forEach((part) => part.classList.toggle("here", here && Number(part.dataset.number) === line));
  });
  [...$("chips").children].forEach((chip, index) => {
    chip.tabIndex = index === at ? 0 : -1;
    if (index === at) { chip.setAttribute("aria-current", "true"); chip.scrollIntoView({ block: "nearest" }); }
    else chip.removeAttribute("aria-current");
  });
  $("previous").disabled = at === 0;
  $("next").disabled = at === items.length - 1;
  listBank();
}

function goTo(index, number = 1) {
  if (index < 0 || index >= items.length) return;
  typed.text = "";
  select(index, number);
}

function nextLeft() {
  for (let step = 1; step <= items.length; step += 1) {
    const index = (at + step) % items.length;
    if (items[index].state !== "done") { goTo(index); return; }
  }
  status("Every answer here is marked.");
}

function spinKey(event, item, criterion) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const number = criterion.criterion;
  const mine = own(item, number);
  if (/^[0-9]$/.test(event.key)) {
    const soon = event.timeStamp - typed.when < 1200 && typed.text;
    let points = Number((soon ? typed.text : "") + event.key);
    if (points > criterion.points) points = Number(event.key);
    if (points > criterion.points) { status(`${criterion.name}: at most ${say(criterion.points)}.`, true); event.preventDefault(); return; }
    typed = { when: event.timeStamp, text: String(points) };
    setPoints(item, number, points);
    if (points * 10 > criterion.points || points === 0) { typed.text = ""; ahead(number); }
  } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
    setPoints(item, number, bounded((mine.points ?? 0) + (event.key === "ArrowRight" ? 0.5 : -0.5), criterion));
  } else if (event.key === "ArrowDown") ahead(number);
  else if (event.key === "ArrowUp") select(at, Math.max(1, number - 1));
  else if (event.key === "Delete" || event.key === "Backspace") setPoints(item, number, null);
  else if (event.key === "Enter") { if (number < rubric().length) ahead(number); else nextLeft(); }
  else return;
  event.preventDefault();
}

function ahead(number) {
  select(at, Math.min(rubric().length, number + 1));
}

function openComment(item, number) {
  select(items.indexOf(item), number, false);
  const area = boxOf(item).querySelector(`.line[data-number="${number}"] textarea`);
  area.hidden = false;
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

/* ---- the comment bank ---- */

function listBank() {
  const criterion = rubric().find((c) => c.criterion === line);
  $("bank-about").textContent = `For answer ${items[at].number}, “${criterion.name}”. Most used first.`;
  const fitting = bank.filter((kept) => kept.criterion === line || kept.criterion === 0);
  $("bank-list").replaceChildren(...fitting.map((kept) => make("li", {},
    make("button", { type: "button", class: "insert", on: { click: () => insert(kept) } }, make("bdi", {}, kept.words)),
    make("span", { class: "uses" }, kept.uses === 1 ? "used once" : `used ${kept.uses} times`),
    make("button", { type: "button", "aria-label": `Remove from the bank: ${kept.words.slice(0, 80)}`, on: { click: () => drop(kept) } }, "×"))));
  if (!fitting.length) $("bank-list").append(make("li", { class: "none" }, "Nothing is kept for this line yet."));
}

function insert(kept) {
  const item = items[at];
  const words = own(item, line).comment;
  undone.push({ question: question.id, key: item.key, number: line, words });
  $("undo").disabled = false;
  setComment(item, line, words ? `${words.trimEnd()}\n${kept.words}` : kept.words);
  put({ id: `use ${kept.id} ${performance.now()}`, name: "use", body: () => ({ question: question.id, id: kept.id }), stored: (told) => { bank = told.bank; listBank(); } });
  refresh(item);
  select(at, line);
}

function keep() {
  const words = own(items[at], line).comment.trim();
  if (!words) { status("Write a comment first (c).", true); return; }
  const number = line;
  put({ id: `keep ${performance.now()}`, name: "keep", body: () => ({ question: question.id, criterion: number, words }), stored: (told) => { bank = told.bank; listBank(); } });
}

function drop(kept) {
  put({ id: `drop ${kept.id}`, name: "drop", body: () => ({ question: question.id, id: kept.id }), stored: (told) => { bank = told.bank; listBank(); $("bank-keep").focus(); } });
}

$("bank").addEventListener("keydown", (event) => {
  const rows = [...document.querySelectorAll("#bank .insert")];
  const here = rows.indexOf(document.activeElement);
  if (event.key === "Escape") select(at, line);
  else if (here >= 0 && event.key === "ArrowDown") rows[Math.min(rows.length - 1, here + 1)].focus();
  else if (here >= 0 && event.key === "ArrowUp") rows[Math.max(0, here - 1)].focus();
  else return;
  event.preventDefault();
});

/* ---- keys of one letter; they rest while something is typed, and can be turned off ---- */

const LETTERS = {
  j: () => goTo(at + 1),
  k: () => goTo(at - 1),
  n: nextLeft,
  c: () => openComment(items[at], line),
  b: () => { $("bank-box").open = true; (document.querySelector("#bank .insert") ?? $("bank-keep")).focus(); },
  s: keep,
  w: () => { const work = boxOf(items[at])?.querySelector(".work"); if (work) work.open = !work.open; },
  a: () => { if (hasOld(items[at])) hold(items[at]); },
  u: undo,
  v: () => { many = !many; $("bank-box").open = !many; show(); select(at, line); },
  "?": () => $("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !items.length || $("keys").open) return;
  const typing = event.target.closest("textarea, input, select");
  if (typing) {
    if (event.key === "Escape" && event.target.closest(".line")) { select(at, line); event.preventDefault(); }
    return;
  }
  if (!$("single").checked || !(event.key in LETTERS)) return;
  event.preventDefault();
  LETTERS[event.key]();
});

$("chips").addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by || !items[at + by]) return;
  event.preventDefault();
  select(at + by, 1, false);
  $("chips").children[at].focus();
});

for (const [id, letter] of [["previous", "k"], ["next", "j"], ["left", "n"], ["view", "v"], ["undo", "u"], ["help", "?"], ["bank-keep", "s"]]) {
  $(id).addEventListener("click", () => LETTERS[letter]());
}
$("close").addEventListener("click", () => $("keys").close());
$("questions").addEventListener("change", (event) => open(event.target.value));

/* ---- coming in ---- */

async function load() {
  const { status: code, told } = await ask("GET", "question", { question: question.id });
  if (code !== 200) throw new Error(told.error);
  for (const item of told.items) for (const mark of Object.values(item.mine)) mark.stored = mark.points;
  bank = told.bank;
  return told.items;
}

async function open(id) {
  question = unit.questions.find((one) => one.id === id);
  $("title").textContent = `${unit.unit} · ${question.id}: ${question.title}`;
  items = await load();
  at = Math.max(0, items.findIndex((item) => item.state !== "done"));
  line = 1;
  chips();
  show();
  if (items.length) select(at, 1);
}

async function reload() {
  const before = items[at]?.key;
  try {
    const fresh = await load();
    const waits = (key) => ops.some((op) => op.id.includes(key));
    for (const item of fresh) {
      const mine = items.find((one) => one.key === item.key);
      if (mine && waits(item.key)) Object.assign(item.mine, mine.mine);
    }
    items = fresh;
    at = Math.max(0, items.findIndex((item) => item.key === before));
    chips();
    show();
    if (items.length) select(at, line);
  } catch (error) {
    status(String(error.message), true);
  }
}

async function enter() {
  const token = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  key = sessionStorage.getItem("review");
  if (token) {
    const reply = await fetch("api/enter", { method: "POST", body: JSON.stringify({ token }) });
    if (reply.ok) {
      key = (await reply.json()).key;
      sessionStorage.setItem("review", key);
    } else if (!key) {
      stop("This address was used already, or is not the right one. Press Enter in the terminal where the review runs: it gives a new one.");
      return;
    }
  }
  if (!key) {
    stop("Open the address that the command whobuys review has printed; it can be used once. Press Enter there for a new one.");
    return;
  }
  const { status: code, told } = await ask("GET", "unit");
  if (code !== 200) {
    sessionStorage.removeItem("review");
    stop(code === 403 ? "This page is not signed in. Press Enter in the terminal where the review runs: it gives a new address." : told.error);
    return;
  }
  unit = told;
  $("who").textContent = `${unit.marker} · ${MODES[unit.mode]}${unit.blind ? " · names hidden" : ""}`;
  $("questions").replaceChildren(...unit.questions.map((one) => make("option", { value: one.id }, `${one.id}: ${one.title}`)));
  $("pick").hidden = unit.questions.length < 2;
  document.querySelectorAll(".bar").forEach((bar) => { bar.hidden = false; });
  await open(unit.questions[0].id);
}

enter().catch((error) => stop(`The page could not be loaded: ${error.message}`));
