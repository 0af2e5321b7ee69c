"use strict";
// Values reach the page as text only: nothing here reads or writes markup.
(() => {
  const PAGE = 50;
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const NUMBER = 0, CASE = 1, OUTCOME = 2, VERIFIED = 3, CODE = 4, MESSAGE = 5, ATTEMPTS = 6, STATUS = 7, FINISHED = 8,
    CHANGES = 9, CELLS = 10;
  const gravity = new Map(data.outcomes.map(([name], index) => [name, index]));
  const needing = new Set(data.needing);
  const collator = new Intl.Collator("en", { numeric: true });
  const count = (number) => number.toLocaleString("en-US");

  const days = new Set(data.rows.map((row) => moment(row[FINISHED]).slice(0, 10)).filter((day) => day));

  const columns = [
    { name: "Row", at: NUMBER, isNumber: true },
    { name: "Case", at: CASE },
    { name: "Outcome", at: OUTCOME, rank: (row) => gravity.get(row[OUTCOME]) },
    { name: "Verified", at: VERIFIED, isMinor: true },
    { name: "Cause", at: CODE, isMinor: true, className: "cause" },
    { name: "Attempts", at: ATTEMPTS, isNumber: true, isMinor: true, className: "slim" },
    { name: "HTTP", at: STATUS, isNumber: true, isMinor: true, className: "slim" },
    { name: "Finished (UTC)", at: FINISHED, isNumber: true, isMinor: true, className: "finished" },
  ];
  const state = { search: "", outcome: "", cause: "", sort: null, isDown: false, page: 0 };
  let found = data.rows;

  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  function swatch(name) {
    const space = "http://www.w3.org/2000/svg";
    const box = document.createElementNS(space, "svg");
    const square = document.createElementNS(space, "rect");
    for (const [key, value] of [["class", "swatch"], ["width", 12], ["height", 12], ["aria-hidden", "true"]]) {
      box.setAttribute(key, value);
    }
    for (const [key, value] of [["class", `fill ${name}`], ["width", 12], ["height", 12], ["rx", 3]]) {
      square.setAttribute(key, value);
    }
    box.append(square);
    return box;
  }

  function moment(seconds) {
    const at = new Date((seconds ?? NaN) * 1000);
    return Number.isNaN(at.getTime()) ? "" : at.toISOString().slice(0, 19).replace("T", " ");
  }

  function classes(column, isHead) {
    const isRight = column.isNumber && !(isHead && column.at === NUMBER);
    return [isRight ? "num" : "", column.isMinor ? "wide-only" : "", column.className ?? ""].filter((name) => name).join(" ");
  }

  // Built when somebody first searches: a page has to open at once.
  let haystacks = null;
  function haystack(index) {
    haystacks ??= data.rows.map((row) =>
      [...row.slice(0, FINISHED), moment(row[FINISHED]), ...row[CHANGES].flat(), ...row[CELLS]].join("\n").toLowerCase(),
    );
    return haystacks[index];
  }

  function compare(one, other) {
    // Until somebody sorts: what needs a person first, then in the order of the file.
    if (!state.sort) return needing.has(other[OUTCOME]) - needing.has(one[OUTCOME]) || one[NUMBER] - other[NUMBER];
    const { at, rank, isNumber } = state.sort;
    const [a, b] = rank ? [rank(one), rank(other)] : [one[at], other[at]];
    const isEmpty = (value) => value === null || value === "";
    // What is empty comes last, whichever way the column is sorted.
    if (isEmpty(a) || isEmpty(b)) return isEmpty(a) - isEmpty(b) || one[NUMBER] - other[NUMBER];
    const order = isNumber || rank ? a - b : collator.compare(a, b);
    return (state.isDown ? -order : order) || one[NUMBER] - other[NUMBER];
  }

  function find() {
    const search = state.search.trim().toLowerCase();
    found = data.rows
      .filter((row, index) =>
        (!state.outcome || row[OUTCOME] === state.outcome) &&
        (!state.cause || row[CODE] === state.cause) &&
        (!search || haystack(index).includes(search)))
      .sort(compare);
    state.page = 0;
    show();
  }

  function show() {
    const first = state.page * PAGE;
    const rows = found.slice(first, first + PAGE);
    byId("body").replaceChildren(...(rows.length ? rows.map(line) : [nothing()]));
    byId("matches").textContent = found.length === data.rows.length
      ? `${count(found.length)} ${found.length === 1 ? "row" : "rows"}`
      : `${count(found.length)} of ${count(data.rows.length)} rows match`;
    byId("position").textContent = rows.length ? `${count(first + 1)} to ${count(first + rows.length)} of ${count(found.length)}` : "";
    byId("previous").disabled = first === 0;
    byId("following").disabled = first + PAGE >= found.length;
    byId("printed").textContent = rows.length < data.total
      ? `${count(rows.length)} of ${count(data.total)} rows; all of them are in results.csv.`
      : "";
    document.querySelector(".pages").hidden = found.length <= PAGE;
    byId("clear").hidden = !(state.search || state.outcome || state.cause);
    for (const button of byId("outcome-buttons").children) {
      button.setAttribute("aria-pressed", String(button.dataset.outcome === state.outcome));
    }
    columns.forEach((column, index) => {
      const way = column === state.sort ? (state.isDown ? "descending" : "ascending") : "none";
      byId("columns").children[index].setAttribute("aria-sort", way);
    });
  }

  function nothing() {
    return make("tr", {}, make("td", { colSpan: columns.length }, "No row matches."));
  }

  function line(row) {
    const open = make("button", { type: "button", className: "open-row", "aria-expanded": "false" },
      make("span", {}, make("span", { className: "unseen" }, "Details of row "), String(row[NUMBER])));
    const cell = (column, ...children) => make("td", { className: classes(column, false) }, ...children);
    const finished = moment(row[FINISHED]);
    const cause = row[CODE] || row[MESSAGE]
      ? [make("span", { className: "mono" }, row[CODE]), make("bdi", { className: "message" }, row[MESSAGE])]
      : [];
    const contents = [
      [open],
      [make("bdi", { className: "mono case" }, row[CASE])],
      [make("span", { className: "nowrap" }, swatch(row[OUTCOME]), row[OUTCOME]),
        make("span", { className: "mono narrow-only" }, row[CODE])],
      [row[VERIFIED].replaceAll("_", " ")],
      cause,
      [count(row[ATTEMPTS])],
      [row[STATUS] === null ? "" : String(row[STATUS])],
      (days.size > 1 ? finished : finished.slice(11)).split(" ").flatMap((part) => [make("span", { className: "nowrap" }, part), " "]),
    ];
    const shown = make("tr", {}, ...columns.map((column, index) => cell(column, ...contents[index])));
    open.addEventListener("click", () => toggle(open, shown, row));
    return shown;
  }

  function toggle(open, shown, row) {
    const isOpen = open.getAttribute("aria-expanded") === "true";
    open.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) shown.nextElementSibling.remove();
    else shown.after(make("tr", { className: "details" }, make("td", { colSpan: columns.length }, ...details(row))));
  }

  function details(row) {
    const said = [
      ["Case", row[CASE]],
      ["Cause", row[CODE]],
      ["Message", row[MESSAGE]],
      ["Verified", row[VERIFIED].replaceAll("_", " ")],
      ["Attempts", count(row[ATTEMPTS])],
      ["HTTP status", row[STATUS] === null ? "" : String(row[STATUS])],
      ["Finished (UTC)", moment(row[FINISHED])],
    ];
    const changes = row[CHANGES].map(([field, before, to]) =>
      [field, before === null ? `set to ${to || "nothing"}` : `${before || "nothing"} → ${to || "nothing"}`]);
    const cells = row[CELLS].map((cell, index) => [data.header[index] ?? `column ${index + 1}`, cell]);
    return [...list("What became of it", said), ...list("Changes", changes), ...list("In the file", cells)];
  }

  function list(title, pairs) {
    const kept = pairs.filter(([, text]) => text !== "");
    if (!kept.length) return [];
    const terms = kept.flatMap(([name, text]) => [make("dt", {}, make("bdi", {}, name)), make("dd", {}, text)]);
    return [make("h3", {}, title), make("dl", {}, ...terms)];
  }

  function build() {
    byId("columns").append(...columns.map((column) => {
      const button = make("button", { type: "button" }, column.name);
      button.addEventListener("click", () => {
        state.isDown = state.sort === column && !state.isDown;
        state.sort = column;
        find();
      });
      return make("th", { scope: "col", className: classes(column, true) }, button);
    }));
    const tally = (at) => {
      const counts = new Map();
      for (const row of data.rows) counts.set(row[at], (counts.get(row[at]) ?? 0) + 1);
      counts.delete("");
      return counts;
    };
    const outcomes = tally(OUTCOME);
    const here = (many, total) => (many < total ? `${count(many)} of ${count(total)}` : count(many));
    const choices = [["", data.total], ...data.outcomes.filter(([name]) => outcomes.has(name))];
    byId("outcome-buttons").append(...choices.map(([name, total]) => {
      const many = here(name ? outcomes.get(name) : data.rows.length, total);
      const button = make("button", { type: "button" }, name ? swatch(name) : null, `${name || "all"} ${many}`);
      button.dataset.outcome = name;
      button.addEventListener("click", () => { state.outcome = state.outcome === name ? "" : name; find(); });
      return button;
    }));
    const causes = [...tally(CODE)].sort((one, other) => other[1] - one[1]);
    byId("cause").append(...causes.map(([code, many]) => make("option", { value: code }, `${code} (${here(many, data.causes[code] ?? many)})`)));
  }

  function listen() {
    let waiting = 0;
    byId("search").addEventListener("input", (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { state.search = event.target.value; find(); }, 100);
    });
    byId("cause").addEventListener("change", (event) => { state.cause = event.target.value; find(); });
    byId("clear").addEventListener("click", () => { filter(""); byId("search").focus(); });
    byId("previous").addEventListener("click", () => turn(-1));
    byId("following").addEventListener("click", () => turn(1));
    for (const button of document.querySelectorAll("[data-cause]")) {
      button.addEventListener("click", () => {
        filter(button.dataset.cause);
        byId("rows").scrollIntoView();
        byId("rows").focus({ preventScroll: true });
      });
    }
  }

  function filter(cause) {
    Object.assign(state, { search: "", outcome: "", cause });
    byId("search").value = "";
    byId("cause").value = cause;
    find();
  }

  function turn(by) {
    state.page += by;
    show();
    byId("row-table").scrollIntoView({ block: "start" });
  }

  async function copy(button) {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // Some browsers give a file no clipboard: what is selected can be copied by hand.
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
      return;
    }
    button.textContent = "Copied";
  }

  for (const element of document.querySelectorAll(".needs-js")) element.hidden = false;
  for (const button of document.querySelectorAll(".copy")) button.addEventListener("click", () => copy(button));
  if (byId("table")) {
    build();
    listen();
    byId("no-script").hidden = true;
    byId("table").hidden = false;
    find();
  }
})();
