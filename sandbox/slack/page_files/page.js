// Sends what people do, and fetches the page anew when the workspace changes. State lives on the server and in the address.
"use strict";
const here = () => new URL(location.href);
const user = () => document.body.dataset.user;

async function post(path, data) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user: user(), ...data }) });
  if (!answer.ok) console.error(path, answer.status, await answer.text());
}

function keep(before, after) {
  for (const field of after.elements) {
    const typed = field.name && [...before.elements].find((each) => each.name === field.name && (each.type !== "checkbox" && each.type !== "radio" || each.value === field.value));
    if (!typed || field.type === "file") continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = typed.checked; else field.value = typed.value;
  }
}

let asked = 0;
async function refresh() {
  const number = ++asked;
  const url = here(); url.pathname = "/fragment";
  const fresh = await (await fetch(url)).text();
  if (number !== asked) return;
  const holder = document.createElement("div"); holder.innerHTML = fresh;
  const next = holder.querySelector("#app");
  const typed = [...document.querySelectorAll(".composer textarea")].map((area) => area.value);
  const focus = document.activeElement && document.activeElement.closest(".composer, .modal") ? [...document.querySelectorAll("textarea, .modal input, .modal select")].indexOf(document.activeElement) : -1;
  const low = {}; for (const id of ["messages", "thread"]) { const list = document.getElementById(id); low[id] = !list || list.scrollHeight - list.scrollTop - list.clientHeight < 80 ? -1 : list.scrollTop; }
  const faults = document.getElementById("faults"), hidden = !faults || faults.hidden, top = faults ? faults.scrollTop : 0;
  const open = [...document.querySelectorAll("#faults details")].map((group) => group.open);
  const before = document.querySelector(".modal"), after = next.querySelector(".modal");
  if (before && after && before.elements.view.value === after.elements.view.value) {
    if (!after.querySelector(".error") && before.querySelectorAll(".field").length === after.querySelectorAll(".field").length) after.closest(".veil").replaceWith(before.closest(".veil"));
    else keep(before, after); // what was typed stays, also beside a mistake
  }
  document.getElementById("app").replaceWith(next);
  [...document.querySelectorAll(".composer textarea")].forEach((area, n) => { if (typed[n]) area.value = typed[n]; });
  const panel = document.getElementById("faults"); panel.hidden = hidden; panel.scrollTop = top;
  [...panel.querySelectorAll("details")].forEach((group, n) => { if (open[n]) group.open = true; });
  for (const id of ["messages", "thread"]) { const list = document.getElementById(id); if (list) list.scrollTop = low[id] < 0 ? list.scrollHeight : low[id]; }
  if (focus >= 0) { const found = document.querySelectorAll("textarea, .modal input, .modal select")[focus]; if (found) found.focus(); }
}

function hints(area) {
  const list = document.getElementById("hints"); if (!list || area.id !== "composer") return;
  const text = area.value; let shown = 0;
  for (const item of list.children) { const fits = text.startsWith("/") && item.dataset.hint.startsWith(text) && item.dataset.hint !== text; item.hidden = !fits; shown += fits; }
  list.hidden = !shown;
}

document.addEventListener("input", (event) => { if (event.target.matches(".composer textarea")) hints(event.target); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { const open = document.querySelector("[data-close-view]"); if (open) post("/sandbox/close", { view: open.dataset.closeView }); document.getElementById("faults").hidden = true; return; }
  const area = event.target.closest(".composer textarea"); if (!area) return;
  if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); area.form.requestSubmit(); }
  if (event.key === "Tab") { const first = document.querySelector("#hints:not([hidden]) li:not([hidden])"); if (first) { event.preventDefault(); area.value = first.dataset.hint; hints(area); } }
});
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[href^='?']");
  if (link) { event.preventDefault(); if (link.dataset.open) post("/sandbox/open", { tab: link.dataset.open }); const change = new URLSearchParams(link.getAttribute("href")); const url = here(); url.search = change; history.pushState({}, "", url); document.body.dataset.user = change.get("user"); return refresh(); }
  const toggle = event.target.closest("[data-toggle]"); if (toggle) { const panel = document.getElementById(toggle.dataset.toggle); panel.hidden = !panel.hidden; return; }
  const close = event.target.closest("[data-close-view]"); if (close) return post("/sandbox/close", { view: close.dataset.closeView });
  const hint = event.target.closest("[data-hint]"); if (hint) { const area = document.getElementById("composer"); area.value = hint.dataset.hint; area.focus(); return hints(area); }
  const button = event.target.closest("[data-click]"); if (!button) return;
  button.disabled = true;
  await act(button, button.dataset.click);
  button.disabled = false;
});
document.addEventListener("change", async (event) => {
  const menu = event.target.closest("[data-choose]");
  if (menu && menu.value) { await act(menu, menu.dataset.choose, menu.value); if (menu.matches(".overflow")) menu.value = ""; }
  const picker = event.target.closest("[data-file]"); if (!picker) return;
  const form = picker.form, ids = [];
  for (const file of picker.files) {
    const answer = await fetch("/sandbox/attach?" + new URLSearchParams({ user: user(), name: file.name }), { method: "POST", body: file });
    ids.push((await answer.json()).id);
  }
  form.elements[picker.dataset.file].value = ids.join(" ");
});
async function act(element, action, value) {
  if (element.dataset.confirm && !await confirmed(JSON.parse(element.dataset.confirm))) return;
  const form = element.closest("form.modal");
  await post("/sandbox/click", { channel: new URLSearchParams(location.search).get("channel") || document.body.dataset.channel, ts: element.dataset.ts, view: element.dataset.view, action, block: element.dataset.block, value, values: form ? fields(form) : undefined });
}
function confirmed(asked) {
  const dialog = document.getElementById("confirm"), [no, yes] = dialog.querySelectorAll("button");
  dialog.querySelector("h2").textContent = asked.title.text; dialog.querySelector("p").textContent = asked.text.text;
  no.textContent = asked.deny.text; yes.textContent = asked.confirm.text; yes.className = asked.style === "danger" ? "danger" : "primary";
  dialog.returnValue = "no"; dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}
function fields(form) {
  const data = {}; for (const box of form.querySelectorAll("[type=checkbox]")) data[box.name] ||= [];
  for (const [name, value] of new FormData(form)) { if (Array.isArray(data[name])) data[name].push(value); else if (name === "file_fields" && data[name]) data[name] += " " + value; else if (!(value instanceof File)) data[name] = value; }
  return data;
}
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-post]"); if (!form) return; event.preventDefault();
  const data = fields(form);
  const area = form.querySelector("textarea[name=text]"); if (area) { if (!area.value.trim()) return; area.value = ""; hints(area); }
  await post(form.dataset.post, data);
});
addEventListener("popstate", refresh);
const changes = new EventSource("/changes"); changes.onmessage = refresh;
changes.onopen = refresh;  // what changed before the stream was open, or while it was lost
addEventListener("load", () => { for (const id of ["messages", "thread"]) { const list = document.getElementById(id); if (list) list.scrollTop = list.scrollHeight; } document.getElementById("composer")?.focus(); if (document.querySelector(".home")) post("/sandbox/open", { tab: "home" }); });
