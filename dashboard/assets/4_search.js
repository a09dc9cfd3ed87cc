// The symbol's field: what is typed takes the place of the symbol that stands there, and is not added to it.
(function () {
  "use strict";
  let isFresh = false;
  const isSearch = (target) => target.id === "symbol";
  // While the list is shut a symbol stands in the field, and not something half typed.
  const isShut = (target) => isSearch(target) && !target.hasAttribute("aria-controls");

  document.addEventListener("focusin", ({ target }) => { isFresh = isSearch(target); });
  document.addEventListener("pointerdown", ({ target }) => { isFresh = isFresh || isShut(target); }, true);
  document.addEventListener("click", ({ target }) => {
    if (isFresh && isSearch(target)) target.select();
    isFresh = false;
  });
  // The field keeps the focus after a choice: the next symbol may be typed at once.
  document.addEventListener("keydown", ({ target, key, ctrlKey, metaKey, altKey }) => {
    if (key.length === 1 && !ctrlKey && !metaKey && !altKey && isShut(target)) target.select();
  }, true);
})();
