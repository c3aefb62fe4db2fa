// Starts Swagger UI on the documentation page; apart from the page, because inline scripts are refused everywhere.
(function () {
  "use strict";
  var place = document.getElementById("api-docs");
  window.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    supportedSubmitMethods: [],
    validatorUrl: null
  });
})();
