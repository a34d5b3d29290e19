// The editor of a canvas: sticky notes on nine blocks, by mouse and by keyboard.
// It only shows and changes `document`; the kernel checks it and writes it to its file.

const MOST = 300, LONGEST = 300, LONGEST_TITLE = 120, PATIENCE = 5000;
const SIDES = ["#1f6a8c", "#a3450c", "#2e6e3e", "#7a3b8f", "#8a5a00", "#b0264f", "#3d4f9f", "#4d4d4d"];

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));  // text stays text
  return element;
}

const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(4))].map((b) => b.toString(16).padStart(2, "0")).join("");
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const inOrder = (value) =>
  value && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, inOrder(value[key])]))
    : Array.isArray(value) ? value.map(inOrder) : value;
const sameCanvas = (one, other) => same(inOrder(one), inOrder(other));

function render({ model, el }) {
  const words = model.get("words"), path = model.get("path");
  const say = (name, values = {}) =>
    words[name].replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
  const amounts = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
  const keep = `whobuys-canvas:${model.get("store")}`;
  const uid = newId();

  let doc = model.get("document");
  let past = [], future = [];
  let place = { block: null, item: "add" };       // where the one tab stop of the grid is
  let selected = null, linking = null, editing = null, hovered = null, drag = null;
  let hints = new Set(), impatience = null, late = null;

  // ---- the page -------------------------------------------------------------------------------

  const title = make("input", { type: "text", maxlength: LONGEST_TITLE, dir: "auto", onchange: () => {
    commit({ ...doc, title: title.value.trim() });
  } });
  const undoButton = make("button", { type: "button", onclick: undo }, words.undo);
  const redoButton = make("button", { type: "button", onclick: redo }, words.redo);
  const keysText = make("p", { class: "wb-keys", id: `keys-${uid}`, hidden: true }, words.keys_text);
  const keysButton = make("button", { type: "button", "aria-expanded": "false",
    "aria-controls": `keys-${uid}`, onclick: () => {
      keysText.hidden = !keysText.hidden;
      keysButton.setAttribute("aria-expanded", String(!keysText.hidden));
    } }, words.keys);
  const copyButton = make("button", { type: "button", onclick: copy }, words.copy);
  const status = make("p", { class: "wb-status", role: "status" });
  const field = (text, control) => {
    control.id = `field-${newId()}`;
    return make("span", { class: "wb-field" }, make("label", { for: control.id }, text), control);
  };
  const live = make("p", { class: "wb-sr", "aria-live": "polite" });
  const offer = make("p", { hidden: true });
  const grid = make("div", { class: "wb-grid", role: "group" });
  const lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  lines.setAttribute("class", "wb-lines");
  lines.setAttribute("aria-hidden", "true");
  const panel = make("div", { class: "wb-panel", role: "group", "aria-label": words.details });
  const checks = make("details", { class: "wb-checks" });
  const root = make("div", { class: "wb-canvas", lang: model.get("lang"), role: "region",
    "data-lm-suppress-shortcuts": "true" },
    make("div", { class: "wb-bar" }, field(words.title, title),
      undoButton, redoButton, copyButton, keysButton),
    keysText, status, offer, grid, panel, checks, live);
  el.append(root);

  // ---- reading the canvas ---------------------------------------------------------------------

  const blocks = () => {
    const known = model.get("blocks")[doc.kind] ?? [];
    const used = new Set(doc.entries.map((entry) => entry.block));
    const shown = known.filter((b) => !b.optional || doc.metrics || used.has(b.key));
    const keys = new Set(shown.map((block) => block.key));
    const extra = [...used].filter((key) => !keys.has(key));
    return [...shown, ...extra.map((key) => ({ key, name: key, hint: "", kinds: [], extra: true }))];
  };
  const nameOf = (key) => blocks().find((block) => block.key === key)?.name ?? key;
  const notesIn = (key) => doc.entries.filter((entry) => entry.block === key);
  const find = (id) => doc.entries.find((entry) => entry.id === id);
  const linked = (one) => doc.entries.filter((other) => other.id !== one.id
    && ((one.links ?? []).includes(other.id) || (other.links ?? []).includes(one.id)));
  const isNeed = (entry) => ["need", "pain"].includes(entry.kind);
  const groups = () => doc.entries.filter((entry) => entry.block === "customer_segments"
    && (doc.kind === "personal" || !isNeed(entry)));
  function segmentsOf(one) {
    const all = groups();
    if (all.includes(one)) return [one];
    const reached = new Set(linked(one));
    for (let step = 0; step < 2; step++) {
      for (const other of [...reached]) {
        if (other.block !== "value_propositions" && !isNeed(other)) continue;
        linked(other).filter((e) => e.block === "customer_segments").forEach((e) => reached.add(e));
      }
    }
    return all.filter((group) => reached.has(group));
  }

  // ---- changing it ----------------------------------------------------------------------------

  function commit(next, said = "") {
    if (same(next, doc)) return;
    past = [...past.slice(-99), doc];
    future = [];
    change(next, said);
  }
  function change(next, said) {
    const base = doc;
    doc = next;
    draw();
    announce(said);
    send(base);
  }
  function undo() {
    if (!past.length) return announce(words.nothing);
    future.push(doc);
    change(past.pop(), words.undone);
  }
  function redo() {
    if (!future.length) return announce(words.nothing);
    past.push(doc);
    change(future.pop(), words.redone);
  }
  const edited = (id, fields) => ({ ...doc,
    entries: doc.entries.map((entry) => (entry.id === id ? { ...entry, ...fields } : entry)) });

  function addNote(block, text) {
    const entry = { id: newId(), block, text, amount: null, kind: "", links: [], evidence: [] };
    place = { block, item: entry.id };
    selected = entry.id;
    commit({ ...doc, entries: [...doc.entries, entry] }, say("added", { block: nameOf(block) }));
  }
  function deleteNote(id) {
    const entry = find(id), near = notesIn(entry.block), at = near.indexOf(entry);
    const next = near[at + 1] ?? near[at - 1];
    place = { block: entry.block, item: next ? next.id : "add" };
    selected = next?.id ?? null;
    const entries = doc.entries.filter((other) => other.id !== id)
      .map((other) => ({ ...other, links: (other.links ?? []).filter((link) => link !== id) }));
    commit({ ...doc, entries }, say("deleted", { name: entry.text }));
    focusPlace();
  }
  function moveNote(id, block, at) {
    const entry = { ...find(id), block };
    const rest = doc.entries.filter((other) => other.id !== id);
    const near = rest.filter((other) => other.block === block);
    const index = Math.max(0, Math.min(at, near.length));
    const before = near[index];
    rest.splice(before ? rest.indexOf(before) : rest.length, 0, entry);
    place = { block, item: id };
    selected = id;
    commit({ ...doc, entries: rest }, say("moved",
      { block: nameOf(block), place: index + 1, count: near.length + 1 }));
  }
  function toggleLink(one, other) {
    if (one === other) return;
    const first = find(one), second = find(other);
    const there = linked(first).includes(second);
    const without = (entry, id) => ({ ...entry, links: (entry.links ?? []).filter((l) => l !== id) });
    const entries = doc.entries.map((entry) => {
      if (entry.id === one) {
        return there ? without(entry, other) : { ...entry, links: [...(entry.links ?? []), other] };
      }
      return entry.id === other && there ? without(entry, one) : entry;
    });
    commit({ ...doc, entries }, say(there ? "unlinked" : "linked", { name: second.text }));
  }

  // ---- keeping it -----------------------------------------------------------------------------

  function send(base) {
    const sequence = model.get("sequence") + 1;
    remember({ base: pending()?.base ?? base, document: doc });
    model.set("document", doc);
    model.set("sequence", sequence);
    model.save_changes();
    tell(words.saving);
    clearTimeout(impatience);
    impatience = setTimeout(() => tell(say("waiting", { path }), true), PATIENCE);
  }
  function pending() {
    try { return JSON.parse(localStorage.getItem(keep)); } catch { return null; }
  }
  function remember(value) {
    try {
      if (value) localStorage.setItem(keep, JSON.stringify(value));
      else localStorage.removeItem(keep);
    } catch { if (value) tell(words.not_kept, true); }
  }
  function answered() {
    const answer = model.get("status");
    drawChecks();
    if (answer.sequence !== model.get("sequence")) return;
    clearTimeout(impatience);
    if (answer.saved) {
      remember(null);
      tell(answer.message || say("saved", { path }));
    } else if (answer.message) tell(say("not_saved", { message: answer.message }), true);
  }
  function changedOutside() {
    const next = model.get("document");
    if (same(next, doc)) return;
    if (editing) { late = next; return; }
    past = [...past.slice(-99), doc];
    future = [];
    doc = next;
    draw();
  }
  function lookForUnsaved() {
    const left = pending();
    if (!left?.document?.entries || sameCanvas(left.document, doc)) return remember(null);
    if (sameCanvas(left.base, doc)) {
      commit(left.document, say("restored", { path }));
      tell(say("restored", { path }));
      return;
    }
    offer.replaceChildren(words.older, " ",
      make("button", { type: "button", onclick: () => {
        offer.hidden = true;
        commit(left.document, say("restored", { path }));
      } }, words.bring_back), " ",
      make("button", { type: "button", onclick: () => { offer.hidden = true; remember(null); } },
        words.drop));
    offer.hidden = false;
  }
  async function copy() {
    const text = JSON.stringify(doc, null, 1);
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", { class: "wb-sr" });
      area.value = text;
      root.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      copyButton.focus();
    }
    tell(words.copied);
  }
  function tell(text, wrong = false) {
    status.textContent = text;
    status.classList.toggle("wb-wrong", wrong);
  }
  function announce(text) {
    if (!text) return;
    live.textContent = "";
    requestAnimationFrame(() => { live.textContent = text; });
  }

  // ---- drawing --------------------------------------------------------------------------------

  function draw() {
    const hadFocus = root.contains(document.activeElement) ? document.activeElement : null;
    const inGrid = hadFocus && grid.contains(hadFocus);
    const name = hadFocus?.dataset?.field;
    if (selected && !find(selected)) selected = null;
    if (linking && !find(linking)) linking = null;
    root.setAttribute("aria-label", doc.title || words.title);
    if (document.activeElement !== title) title.value = doc.title ?? "";
    undoButton.setAttribute("aria-disabled", String(!past.length));
    redoButton.setAttribute("aria-disabled", String(!future.length));
    const shown = blocks();
    if (!shown.some((block) => block.key === place.block)) {
      place = { block: shown[0]?.key ?? null, item: "add" };
    }
    const letters = new Map(groups().map((group, n) =>
      [group.id, String.fromCharCode(65 + (n % 26)) + (n > 25 ? Math.floor(n / 26) : "")]));
    grid.replaceChildren(...shown.map((block) => drawBlock(block, letters)), lines);
    drawPanel();
    drawLines();
    if (inGrid) focusPlace();
    else if (name) panel.querySelector(`[data-field="${name}"]`)?.focus();
  }

  function drawBlock(block, letters) {
    const id = `${block.key.replace(/\W/g, "-")}-${uid}`;
    const notes = notesIn(block.key);
    const stop = (item) => (place.block === block.key && place.item === item ? "0" : "-1");
    const items = notes.map((entry) => entry.id);
    if (place.block === block.key && !["add", "hint", ...items].includes(place.item)) {
      place = { block: block.key, item: items[0] ?? "add" };
    }
    const hint = make("p", { class: "wb-hinttext", id: `hint-${id}`, hidden: !hints.has(block.key) },
      block.hint);
    const head = make("div", { class: "wb-top" }, make("h4", { id }, block.name),
      block.hint ? make("button", { type: "button", class: "wb-hint", "data-item": "hint",
        tabindex: stop("hint"), "aria-label": say("hint_for", { block: block.name }),
        "aria-expanded": String(hints.has(block.key)), "aria-controls": `hint-${id}`,
        onclick: () => {
          hints.has(block.key) ? hints.delete(block.key) : hints.add(block.key);
          place = { block: block.key, item: "hint" };
          draw();
          if (hints.has(block.key)) announce(block.hint);
        } }, "?") : null);
    const list = make("ul", { class: "wb-notes", role: "list", "aria-labelledby": id },
      ...notes.map((entry) => make("li", {}, drawNote(entry, letters, stop(entry.id)))));
    const add = block.extra ? null : make("button", { type: "button", class: "wb-add",
      "data-item": "add", tabindex: stop("add"),
      "aria-label": say("add_to", { block: block.name }),
      onclick: () => startNew(block.key) }, `+ ${words.add}`);
    const section = make("section", { class: "wb-block", "data-block": block.key, role: "group",
      "aria-labelledby": id, ondblclick: (event) => {
        if (!event.target.closest("button, textarea") && !block.extra) startNew(block.key);
      } }, head, hint, list, add);
    if (block.place) {
      const [x, y, wide, tall] = block.place;
      section.style.gridArea = `${y + 1} / ${x + 1} / span ${tall} / span ${wide}`;
      section.classList.toggle("wb-wide", wide > 2);
    } else {
      section.classList.add("wb-extra", "wb-wide");
      section.style.gridColumn = "1 / -1";
    }
    return section;
  }

  function drawNote(entry, letters, tabindex) {
    const mine = segmentsOf(entry), names = mine.map((group) => group.text).join(", ");
    const isGroup = mine[0] === entry;
    const badges = letters.size > 1 ? mine.map((group) => {
      const badge = make("span", { class: "wb-badge", "aria-hidden": "true" }, letters.get(group.id));
      badge.style.background = SIDES[[...letters.keys()].indexOf(group.id) % SIDES.length];
      return badge;
    }) : [];
    const others = linked(entry).filter((other) => !mine.includes(other)).map((o) => o.text);
    const more = [
      names && !isGroup ? say("for", { names }) : "",
      others.length ? say("linked_with", { names: others.join(", ") }) : "",
    ].filter(Boolean).join("; ");
    return make("button", { type: "button", class: "wb-note", "data-item": entry.id,
      "data-id": entry.id, tabindex, dir: "auto", "aria-pressed": String(selected === entry.id),
      onclick: () => press(entry.id), ondblclick: () => startEdit(entry.id),
      onpointerdown: (event) => startDrag(event, entry.id),
      onpointerenter: () => { hovered = entry.id; drawLines(); },
      onpointerleave: () => { hovered = null; drawLines(); },
    }, ...badges, entry.text,
      entry.amount == null ? null
        : make("span", { class: "wb-amount" }, ` · ${amounts.format(entry.amount)}`),
      entry.kind ? make("span", { class: "wb-small" }, ` · ${entry.kind}`) : null,
      more ? make("span", { class: "wb-sr" }, ` (${more})`) : null);
  }

  function drawLines() {
    lines.replaceChildren();
    for (const note of grid.querySelectorAll(".wb-linked")) note.classList.remove("wb-linked");
    const id = hovered ?? selected, one = id && find(id), from = id && noteElement(id);
    if (!one || !from) return;
    const origin = grid.getBoundingClientRect(), a = from.getBoundingClientRect();
    for (const other of linked(one)) {
      const to = noteElement(other.id);
      if (!to) continue;
      to.classList.add("wb-linked");
      const b = to.getBoundingClientRect();
      const right = b.left + b.width / 2 > a.left + a.width / 2;
      const x1 = (right ? a.right : a.left) - origin.left, y1 = a.top + a.height / 2 - origin.top;
      const x2 = (right ? b.left : b.right) - origin.left, y2 = b.top + b.height / 2 - origin.top;
      const bend = (right ? 1 : -1) * Math.max(18, Math.abs(x2 - x1) / 2);
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
      lines.append(path);
    }
  }

  function drawPanel() {
    const entry = selected && find(selected);
    if (!entry) {
      panel.replaceChildren(make("p", {}, words.none_selected));
      return;
    }
    const id = entry.id, near = notesIn(entry.block), at = near.indexOf(entry);
    const button = (field, text, onclick, label) => make("button",
      { type: "button", "data-field": field, onclick, "aria-label": label }, text);
    const wrong = make("span", { class: "wb-wrongtext", id: `wrong-${uid}`, role: "alert" });
    const amount = make("input", { type: "text", inputmode: "decimal", size: 10, "data-field": "amount",
      "aria-describedby": `wrong-${uid}`, value: entry.amount ?? "", onchange: () => {
        const text = amount.value.replace(/[\s,]/g, "");
        const value = text === "" ? null : Number(text);
        if (value !== null && (!Number.isFinite(value) || Math.abs(value) > 1e15)) {
          amount.setAttribute("aria-invalid", "true");
          wrong.textContent = say("amount_wrong", { text: amount.value });
          return;
        }
        commit(edited(id, { amount: value }));
      } });
    const options = (values, chosen) => values.map(([value, text]) =>
      make("option", { value, selected: value === chosen }, text));
    const block = blocks().find((b) => b.key === entry.block);
    const usual = block?.kinds ?? [];
    const kinds = [...usual, ...(entry.kind && !usual.includes(entry.kind) ? [entry.kind] : [])];
    const kind = kinds.length ? field(words.kind, make("select", { "data-field": "kind",
      onchange: (event) => commit(edited(id, { kind: event.target.value })) },
      ...options([["", words.no_kind], ...kinds.map((k) => [k, k])], entry.kind ?? ""))) : null;
    const moves = field(words.move_to, make("select", { "data-field": "move",
      onchange: (event) => moveNote(id, event.target.value, 999) },
      ...options(blocks().map((b) => [b.key, b.name]), entry.block)));
    const ties = linked(entry);
    const targets = make("select", { "data-field": "link", onchange: () => {
      if (targets.value) toggleLink(id, targets.value);
    } }, make("option", { value: "" }, `– ${words.choose} –`),
      ...blocks().map((b) => make("optgroup",
        { label: b.name }, ...notesIn(b.key).filter((o) => o !== entry && !ties.includes(o))
          .map((o) => make("option", { value: o.id }, o.text)))).filter((g) => g.children.length));
    const evidenceKind = make("select", { "data-field": "evidence-kind",
      "aria-label": words.evidence_kind },
      ...options(["segment", "figure", "note"].map((k) => [k, words[k]]), "note"));
    const evidenceText = make("input", { type: "text", maxlength: LONGEST, size: 18, dir: "auto",
      "data-field": "evidence-text", "aria-label": words.evidence_text, onkeydown: (event) => {
        if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); addEvidence(); }
      } });
    const addEvidence = () => {
      const text = evidenceText.value.trim();
      if (text && (entry.evidence ?? []).length < 20) {
        commit(edited(id, { evidence: [...(entry.evidence ?? []), { kind: evidenceKind.value, text }] }));
      }
    };
    panel.replaceChildren(
      make("p", { class: "wb-said", dir: "auto" }, entry.text),
      make("div", { class: "wb-row" },
        button("edit", words.edit, () => startEdit(id)),
        button("up", words.up, () => moveNote(id, entry.block, at - 1)),
        button("down", words.down, () => moveNote(id, entry.block, at + 1)),
        button("delete", words.delete, () => deleteNote(id))),
      moves, field(words.amount, amount), wrong, kind,
      make("fieldset", {}, make("legend", {}, words.links),
        make("ul", {}, ...ties.map((other) => make("li", {}, make("span", { dir: "auto" },
          `${other.text} (${nameOf(other.block)})`),
          button(`unlink-${other.id}`, "✕", () => toggleLink(id, other.id),
            say("unlink", { name: other.text }))))),
        make("div", { class: "wb-row" }, field(words.link_to, targets),
          button("pick", words.link_pick, () => startLink(id)))),
      make("fieldset", {}, make("legend", {}, words.evidence),
        make("ul", {}, ...(entry.evidence ?? []).map((piece, n) => make("li", {},
          make("span", { dir: "auto" }, `${words[piece.kind] ?? piece.kind}: ${piece.text}`),
          button(`evidence-${n}`, "✕", () => commit(edited(id,
            { evidence: entry.evidence.filter((_, other) => other !== n) })),
            say("evidence_remove", { name: piece.text }))))),
        make("div", { class: "wb-row" }, evidenceKind, evidenceText,
          button("evidence-add", words.evidence_add, addEvidence))));
  }

  function drawChecks() {
    const found = model.get("status").findings ?? [];
    const count = (weight) => found.filter((one) => one.weight === weight).length;
    const counted = { problem: count("problem"), question: count("question"), hint: count("hint") };
    checks.replaceChildren(
      make("summary", {}, found.length ? say("checks", counted) : words.all_well),
      make("ul", {}, ...found.slice(0, 60).map((one) => make("li", {}, make("button",
        { type: "button", onclick: () => {
          place = { block: one.block, item: one.entry || "add" };
          if (one.entry) selected = one.entry;
          draw();
          focusPlace();
        } }, make("strong", {}, `${words[one.weight]}: `), one.says)))));
  }

  // ---- hands ----------------------------------------------------------------------------------

  const noteElement = (id) => [...grid.querySelectorAll(".wb-note")].find((n) => n.dataset.id === id);
  const blockElement = (key) =>
    [...grid.querySelectorAll(".wb-block")].find((block) => block.dataset.block === key);
  function focusPlace() {
    const block = blockElement(place.block);
    const items = block ? [...block.querySelectorAll("[data-item]")] : [];
    const target = items.find((item) => item.dataset.item === place.item) ?? items.at(-1);
    if (!target) return;
    place = { block: place.block, item: target.dataset.item };
    for (const item of grid.querySelectorAll("[data-item]")) item.tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
  }

  function press(id) {
    if (drag?.moved) return;
    if (linking) return endLink(id);
    selected = id;
    place = { block: find(id).block, item: id };
    draw();
    focusPlace();
  }
  function startLink(id) {
    linking = id;
    tell(say("linking", { name: find(id).text }));
    place = { block: find(id).block, item: id };
    focusPlace();
  }
  function endLink(id) {
    const from = linking;
    linking = null;
    tell("");
    if (!id || id === from) return announce(words.link_stopped);
    toggleLink(from, id);
  }

  function startNew(block) {
    if (doc.entries.length >= MOST) return announce(say("full", { count: MOST }));
    place = { block, item: "add" };
    const item = make("li");
    blockElement(block).querySelector(".wb-notes").append(item);
    type(item, block, "", (text) => { if (text) addNote(block, text); });
  }
  function startEdit(id) {
    const entry = find(id), note = noteElement(id);
    if (!note || editing) return;
    place = { block: entry.block, item: id };
    selected = id;
    type(note.parentElement, entry.block, entry.text, (text) => {
      if (text) commit(edited(id, { text }));
    });
  }
  function type(item, block, text, done) {
    const area = make("textarea", { class: "wb-edit", maxlength: LONGEST, rows: 2, dir: "auto",
      "aria-label": say("note_in", { block: nameOf(block) }) });
    area.value = text;
    let over = false;
    const end = (keepIt, goBack) => {
      if (over) return;
      over = true;
      editing = null;
      const said = area.value.replace(/\s+/g, " ").trim();
      const before = doc;
      if (keepIt) done(said);
      if (doc === before) draw();
      if (late) { late = null; changedOutside(); }
      if (goBack) focusPlace();
    };
    area.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;  // an input method is at work
      if (event.key === "Enter") { event.preventDefault(); end(true, true); }
      else if (event.key === "Escape") { event.preventDefault(); end(false, true); }
      event.stopPropagation();
    });
    area.addEventListener("blur", () => end(true, false));
    item.replaceChildren(area);
    editing = area;
    area.focus();
    area.select();
  }

  function go(items, index) {
    const target = items[Math.max(0, Math.min(index, items.length - 1))];
    place = { block: target.closest(".wb-block").dataset.block, item: target.dataset.item };
    if (target.classList.contains("wb-note") && !linking) {
      selected = target.dataset.id;
      for (const note of grid.querySelectorAll(".wb-note")) {
        note.setAttribute("aria-pressed", String(note === target));
      }
      drawPanel();
      drawLines();
    }
    focusPlace();
  }
  function neighbour(block, key) {
    const here = block.getBoundingClientRect();
    const across = key === "ArrowLeft" || key === "ArrowRight";
    const all = [...grid.querySelectorAll(".wb-block")];
    let best = null, least = Infinity;
    for (const other of all) {
      const there = other.getBoundingClientRect();
      const ahead = { ArrowLeft: here.left - there.right, ArrowRight: there.left - here.right,
        ArrowUp: here.top - there.bottom, ArrowDown: there.top - here.bottom }[key];
      if (other === block || ahead < -4) continue;
      const aside = across ? Math.max(there.top - here.top, here.top - there.bottom, 0)
        : Math.abs(there.left + there.width / 2 - here.left - here.width / 2) / 4;
      if (ahead + aside < least) { best = other; least = ahead + aside; }
    }
    const step = key === "ArrowLeft" || key === "ArrowUp" ? -1 : 1;
    return best ?? all[all.indexOf(block) + step] ?? null;
  }
  const itemsOf = (block) => [...block.querySelectorAll("[data-item]")];

  grid.addEventListener("keydown", (event) => {
    const item = event.target.closest("[data-item]");
    if (!item || event.isComposing) return;
    const block = item.closest(".wb-block"), items = itemsOf(block), at = items.indexOf(item);
    const id = item.dataset.id, arrow = event.key.startsWith("Arrow");
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    let used = true;
    if (arrow && event.altKey && id) {
      const near = notesIn(block.dataset.block), index = near.findIndex((entry) => entry.id === id);
      if (event.key === "ArrowUp" || event.key === "ArrowDown") {
        const next = index + (event.key === "ArrowUp" ? -1 : 1);
        if (next >= 0 && next < near.length) moveNote(id, block.dataset.block, next);
      } else {
        const other = neighbour(block, event.key);
        if (other) moveNote(id, other.dataset.block, 999);
      }
      focusPlace();
    } else if (arrow && plain) {
      const down = event.key === "ArrowDown", up = event.key === "ArrowUp";
      if ((down && at + 1 < items.length) || (up && at > 0)) go(items, at + (down ? 1 : -1));
      else {
        const other = neighbour(block, event.key);
        if (other) go(itemsOf(other), down ? 0 : up ? 999 : at);
      }
    } else if (event.key === "Home" && plain) go(items, 0);
    else if (event.key === "End" && plain) go(items, 999);
    else if ((event.key === "Enter" || event.key === "F2") && id && plain) {
      linking ? endLink(id) : startEdit(id);
    } else if ((event.key === "Delete" || event.key === "Backspace") && id && plain) deleteNote(id);
    else if (event.key.toLowerCase() === "n" && plain) startNew(block.dataset.block);
    else if (event.key.toLowerCase() === "l" && id && plain) linking ? endLink(id) : startLink(id);
    else if (event.key === "Escape" && linking) endLink(null);
    else used = false;
    if (used) { event.preventDefault(); event.stopPropagation(); }
  });
  grid.addEventListener("focusin", (event) => {
    const item = event.target.closest("[data-item]");
    if (item) place = { block: item.closest(".wb-block").dataset.block, item: item.dataset.item };
  });
  root.addEventListener("keydown", (event) => {
    if (event.target.matches("input, textarea, select") || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === "z") event.shiftKey ? redo() : undo();
    else if (key === "y") redo();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  // JupyterLab may have Ctrl+S, to save the notebook; every other key on the editor is the editor's.
  const letPass = (event) => {
    if (!root.contains(event.target)) return;
    const save = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
    root.toggleAttribute("data-lm-suppress-shortcuts", !save);
  };
  window.addEventListener("keydown", letPass, true);

  function startDrag(event, id) {
    if (event.button !== 0 || event.pointerType === "touch" || linking) return;
    const note = event.currentTarget;
    drag = { id, x: event.clientX, y: event.clientY, moved: false, ghost: null };
    const move = (e) => {
      if (!drag.moved && Math.hypot(e.clientX - drag.x, e.clientY - drag.y) < 6) return;
      if (!drag.moved) {
        drag.moved = true;
        drag.ghost = make("div", { class: "wb-ghost", "aria-hidden": "true" }, find(id).text);
        root.append(drag.ghost);
        note.classList.add("wb-moving");
      }
      drag.ghost.style.left = `${e.clientX + 8}px`;
      drag.ghost.style.top = `${e.clientY + 8}px`;
      const over = blockAt(e);
      for (const block of grid.querySelectorAll(".wb-block")) {
        block.classList.toggle("wb-over", block === over);
      }
    };
    const stop = (dropped) => (e) => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("pointercancel", off);
      window.removeEventListener("keydown", escape, true);
      drag.ghost?.remove();
      note.classList.remove("wb-moving");
      for (const block of grid.querySelectorAll(".wb-over")) block.classList.remove("wb-over");
      const over = dropped && drag.moved ? blockAt(e) : null;
      if (over) {
        const others = [...over.querySelectorAll(".wb-note")].filter((n) => n.dataset.id !== id);
        const before = others.findIndex((n) => {
          const box = n.getBoundingClientRect();
          return e.clientY < box.top + box.height / 2 && e.clientX < box.right;
        });
        moveNote(id, over.dataset.block, before < 0 ? 999 : before);
        focusPlace();
      }
      setTimeout(() => { drag = null; });  // after the click that follows a drop
    };
    const up = stop(true), off = stop(false);
    const escape = (e) => { if (e.key === "Escape" && drag?.moved) { e.stopPropagation(); off(e); } };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up);
    window.addEventListener("pointercancel", off);
    window.addEventListener("keydown", escape, true);
  }
  const blockAt = (event) => {
    const block = document.elementFromPoint(event.clientX, event.clientY)?.closest(".wb-block");
    return block && grid.contains(block) ? block : null;
  };

  // ---- begin ----------------------------------------------------------------------------------

  const redraw = new ResizeObserver(() => drawLines());
  redraw.observe(grid);
  model.on("change:document", changedOutside);
  model.on("change:status", answered);
  draw();
  drawChecks();
  lookForUnsaved();
  return () => {
    window.removeEventListener("keydown", letPass, true);
    redraw.disconnect();
    clearTimeout(impatience);
    model.off("change:document", changedOutside);
    model.off("change:status", answered);
  };
}

export default { render };
