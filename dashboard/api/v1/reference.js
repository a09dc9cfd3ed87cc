// Shows the description of the API.
(function () {
  "use strict";
  // Without a validator: the default one is on another server.
  SwaggerUIBundle({ url: "/api/v1/openapi.json", dom_id: "#reference", deepLinking: true, validatorUrl: null });
})();
