// The search of symbols and commands: a dialog with a field and the list of what it finds.
(function () {
  "use strict";
  const MOST = 60, NONE = 9, RANGES = "#ranges button", INTERVALS = "#interval button", THEMES = { system: "as the system", light: "light", dark: "dark" };
  const { element, write } = window.deskPanels;
  let dialog = null, field = null, list = null, found = [], chosen = 0;

  const symbols = () => deskWatchlist.symbols().map((symbol) => {
    const { name, last, decimals, currency } = deskWatchlist.row(symbol);
    return { group: "Symbols", label: symbol, about: name || "", value: deskFormat.brief(last, decimals, currency), run: () => deskShell.choose(symbol) };
  });

  const presses = (selector, word) => [...document.querySelectorAll(selector)].map((button) => ({
    group: "Chart", label: `${word} ${button.textContent}`, about: "", run: () => { button.click(); deskShell.showChart(); },
  }));

  const studies = () => deskStudies.list().map(({ study, label, isOn }) => ({
    group: "Chart", label: `${isOn ? "Hide" : "Show"} ${label}`, about: "Indicator", run: () => deskStudies.toggle(study),
  }));

  const command = (label, about, run, group = "Commands") => ({ group, label, about, run });

  function commands() {
    const click = (id) => () => document.getElementById(id).click(), side = (name, label) =>
      command(`${deskSides.isOn(name) ? "Hide" : "Show"} ${label}`, "", () => deskShell.toggle(name));
    const tabs = [...document.querySelectorAll("[role=tab]")].map(({ dataset, firstChild }) =>
      command(`Open ${firstChild.textContent}`, "Details", () => deskShell.openTab(dataset.tab)));
    const themes = Object.entries(THEMES).map(([theme, label]) => command(`Theme ${label}`, "", () => deskLook.choose(theme)));
    const adjusted = document.getElementById("adjusted");
    return [
      ...tabs, side("watch", "watchlist"), side("details", "details"), ...themes,
      command("State of the pipeline", "", () => document.getElementById("pipeline").showPopover()),
      command("Keyboard", "Keys of the page", deskKeys.open), command("Latest bar", "", click("latest"), "Chart"),
      ...(adjusted.hidden ? [] : [command(`Prices ${deskStudies.isAdjusted() ? "as traded" : "adjusted"}`, "Splits and dividends", deskStudies.adjust, "Chart")]),
    ];
  }

  // A symbol that is typed in full comes first, then what begins with the text, then what contains it.
  function rank({ group, label, about }, typed) {
    const name = label.toUpperCase(), words = name.split(" ");
    if (group === "Symbols") return name === typed ? 0 : name.startsWith(typed) ? 1 : name.includes(typed) ? 4 : about.toUpperCase().includes(typed) ? 5 : NONE;
    if (name.startsWith(typed) || words.slice(1).join(" ") === typed) return 2;
    return words.some((word) => word.startsWith(typed)) ? 3 : typed.length > 1 && name.includes(typed) ? 6 : NONE;
  }

  function search() {
    const typed = field.value.trim().toUpperCase();
    const all = [...symbols(), ...presses(INTERVALS, "Interval"), ...presses(RANGES, "Range"), ...studies(), ...commands()];
    const ranked = all.map((item) => ({ item, rank: typed ? rank(item, typed) : 0 })).filter((each) => each.rank < NONE);
    ranked.sort((one, other) => one.rank - other.rank);
    const groups = [...new Set(ranked.map(({ item }) => item.group))];
    const sorted = groups.flatMap((group) => ranked.filter(({ item }) => item.group === group)).slice(0, MOST);
    found = sorted.map(({ item }) => item);
    const current = typed ? 0 : found.findIndex(({ group, label }) => group === "Symbols" && label === deskChart.view()?.symbol);
    chosen = Math.max(0, current);
    draw();
  }

  function option(item, index) {
    const made = element("div", "palette-option"), text = element("span", "palette-label", item.label);
    Object.assign(made, { id: `found-${index}` });
    made.setAttribute("role", "option");
    made.append(text, element("span", "palette-about", item.about), element("span", "num", item.value || ""));
    made.addEventListener("click", () => run(item));
    made.addEventListener("pointermove", () => { if (chosen !== index) point(index); });
    return made;
  }

  function draw() {
    const groups = [...new Set(found.map(({ group }) => group))].map((group) => {
      const box = element("div", "palette-group"), head = element("div", "palette-head", group);
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", group);
      head.setAttribute("aria-hidden", "true");
      box.append(head, ...found.map((item, index) => (item.group === group ? option(item, index) : "")));
      return box;
    });
    // A listbox must not be empty, so it has an option that can't be chosen.
    const none = element("div", "palette-none", "No matching symbol or command");
    none.setAttribute("role", "option");
    none.setAttribute("aria-disabled", "true");
    list.replaceChildren(...(found.length ? groups : [none]));
    list.scrollTop = 0;
    point(chosen);
  }

  function point(index) {
    chosen = index;
    for (const each of list.querySelectorAll("[id]")) each.setAttribute("aria-selected", String(each.id === `found-${index}`));
    const target = document.getElementById(`found-${index}`);
    if (target) field.setAttribute("aria-activedescendant", target.id); else field.removeAttribute("aria-activedescendant");
    target?.scrollIntoView({ block: "nearest" });
  }

  function run(item) {
    dialog.close();
    item.run();
  }

  function press(event) {
    if (deskKeys.isOfInputMethod(event)) return;
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key], last = found.length - 1;
    if (by && found.length) { event.preventDefault(); point(Math.abs(by) === 1 ? (chosen + by + found.length) % found.length : Math.max(0, Math.min(last, chosen + by))); }
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (found[chosen]) run(found[chosen]);
  }

  function make() {
    dialog = element("dialog", "dialog palette");
    field = element("input", "palette-field");
    list = element("div", "palette-list");
    const attributes = { role: "combobox", "aria-label": "Search symbols and commands", "aria-expanded": "true", "aria-controls": "found", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", placeholder: "Symbol or command" };
    for (const [name, value] of Object.entries(attributes)) field.setAttribute(name, value);
    Object.assign(field, { id: "find-field", type: "text", maxLength: 60 });
    Object.assign(list, { id: "found", tabIndex: -1 });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Symbols and commands");
    dialog.setAttribute("aria-label", "Search");
    dialog.append(field, list);
    field.addEventListener("input", search);
    field.addEventListener("keydown", press);
    dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
    document.getElementById("app").append(dialog);
  }

  // `text` is what was typed to open it.
  function open(text) {
    if (!dialog) make();
    field.value = text;
    write(list, "");
    dialog.showModal();
    field.focus();
    field.setSelectionRange(text.length, text.length);
    search();
  }

  window.deskPalette = { open };
})();
