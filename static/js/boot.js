// Runs before the page is painted: says that scripts work, so that enhanced parts may hide their plain fallbacks.
document.body.className += " js-enabled" + ("noModule" in HTMLScriptElement.prototype ? " govuk-frontend-supported" : "");
