// The symbol search: its text is the chosen symbol, or what is typed in its place while the list is open.
(function () {
  "use strict";
  const OPTION = "[data-combobox-option]";
  const isSearch = (target) => target.id === "symbol";
  // While the list is closed, the field contains a symbol and no partial input.
  const isClosed = (target) => isSearch(target) && !target.hasAttribute("aria-controls");
  const nameOf = (option) => option.innerText.trim().toUpperCase();

  // A key of a text that is being composed by an input method: Safari sends it after the composition, with this code.
  const isOfInputMethod = (event) => event.isComposing || event.keyCode === 229;

  let isFresh = false; // whether a click is the one that opens the list
  document.addEventListener("focusin", ({ target }) => { isFresh = isSearch(target); });
  document.addEventListener("pointerdown", ({ target }) => { isFresh = isFresh || isClosed(target); }, true);
  document.addEventListener("click", ({ target }) => {
    if (isFresh && isSearch(target)) target.select();
    isFresh = false;
  });
  // The field keeps the focus after a choice, so that the next symbol can be typed or pasted at once.
  document.addEventListener("keydown", ({ target, key, ctrlKey, metaKey, altKey }) => {
    if (key.length === 1 && !ctrlKey && !metaKey && !altKey && isClosed(target)) target.select();
  }, true);
  document.addEventListener("paste", ({ target }) => { if (isClosed(target)) target.select(); }, true);

  // The component writes the chosen symbol when another one is chosen or the field loses the focus. The same is due after
  // Escape, and after a choice of the same symbol: the component is told that the focus is lost, and the field keeps it.
  function restore() {
    document.getElementById("symbol").dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isSearch(event.target) && !isOfInputMethod(event)) restore();
  });
  document.addEventListener("click", ({ target }) => { if (target.closest(OPTION)) restore(); });

  // Enter takes the symbol that an arrow key has highlighted, else the one that was typed in full, else the first of the list.
  // The component itself goes by an index that it sets later, by a timer: typed quickly, or on a busy machine, Enter did
  // nothing.
  let isByArrow = false;
  function chosenBy(target) {
    const list = document.getElementById(target.getAttribute("aria-controls"));
    const options = list ? [...list.querySelectorAll(OPTION)] : [], typed = target.value.trim().toUpperCase();
    if (isByArrow) return options.find((option) => option.hasAttribute("data-combobox-selected"));
    return options.find((option) => nameOf(option) === typed) || options[0];
  }
  document.addEventListener("focusin", () => { isByArrow = false; });
  document.addEventListener("input", ({ target }) => { if (isSearch(target)) isByArrow = false; }, true);
  document.addEventListener("keydown", (event) => {
    if (!isSearch(event.target) || isClosed(event.target) || isOfInputMethod(event)) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") isByArrow = true;
    const chosen = event.key === "Enter" && chosenBy(event.target);
    if (!chosen) return;
    event.preventDefault();
    event.stopPropagation();
    chosen.click();
  }, true);

  // The component names the option that the keys highlighted last, also when the list is opened again with new options.
  const ACTIVE = "aria-activedescendant";
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const active = isSearch(target) && target.getAttribute(ACTIVE);
      if (active && !document.getElementById(active)) target.removeAttribute(ACTIVE);
    }
  }).observe(document.documentElement, { attributeFilter: [ACTIVE], subtree: true });

  // The list shows the symbol that was typed first, then those that begin with the text, then those that contain it.
  window.dashMantineFunctions = window.dashMantineFunctions || {};
  window.dashMantineFunctions.matchingSymbols = ({ options, search }) => {
    const typed = search.trim().toUpperCase();
    const rank = ({ label }) => {
      const name = label.toUpperCase();
      return name === typed ? 0 : name.startsWith(typed) ? 1 : name.includes(typed) ? 2 : 3;
    };
    return options.filter((option) => rank(option) < 3).sort((one, other) => rank(one) - rank(other));
  };
})();
