// The symbol search: typed text replaces the current symbol instead of being appended to it.
(function () {
  "use strict";
  let isFresh = false;
  const isSearch = (target) => target.id === "symbol";
  // While the list is closed, the field contains a symbol and no partial input.
  const isClosed = (target) => isSearch(target) && !target.hasAttribute("aria-controls");

  // The Enter that confirms a text composed by an input method: Safari sends it after the composition, with this code.
  const isOfInputMethod = (event) => event.isComposing || event.keyCode === 229;

  document.addEventListener("focusin", ({ target }) => { isFresh = isSearch(target); });
  document.addEventListener("pointerdown", ({ target }) => { isFresh = isFresh || isClosed(target); }, true);
  document.addEventListener("click", ({ target }) => {
    if (isFresh && isSearch(target)) target.select();
    isFresh = false;
  });
  // The field keeps the focus after a choice, so that the next symbol can be typed at once.
  document.addEventListener("keydown", ({ target, key, ctrlKey, metaKey, altKey }) => {
    if (key.length === 1 && !ctrlKey && !metaKey && !altKey && isClosed(target)) target.select();
  }, true);
  let isByArrow = false;
  const nameOf = (option) => option.innerText.trim().toUpperCase();

  document.addEventListener("input", ({ target }) => { if (isSearch(target)) isByArrow = false; }, true);
  document.addEventListener("focusin", () => { isByArrow = false; });

  // Enter takes the symbol that was typed in full, else the highlighted one. The component itself goes by an index that
  // it sets later, by a timer: typed quickly, or on a busy machine, Enter did nothing. After an arrow key it is right.
  document.addEventListener("keydown", (event) => {
    if (!isSearch(event.target) || isClosed(event.target)) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") isByArrow = true;
    if (event.key !== "Enter" || isByArrow || isOfInputMethod(event)) return;
    const list = document.getElementById(event.target.getAttribute("aria-controls"));
    const options = list ? [...list.querySelectorAll("[data-combobox-option]")] : [];
    const typed = event.target.value.trim().toUpperCase();
    const chosen = options.find((option) => nameOf(option) === typed)
      || options.find((option) => option.hasAttribute("data-combobox-selected"));
    if (!chosen) return;
    event.preventDefault();
    event.stopPropagation();
    chosen.click();
  }, true);

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
