// Compiles the stylesheet and copies the vendored npm files that vendored.json names. `npm ci && npm run build`, then
// `manage.py vendor_assets` writes the manifest; `manage.py vendor_assets --check` verifies everything without Node.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const modules = join(here, "node_modules");

// The MoJ patterns load GOV.UK Frontend with settings of their own; they must see ours instead.
const moj = {
  canonicalize: (url) => (/^moj:(?!settings$)/.test(url) ? new URL(url) : null),
  load(url) {
    const path = join(modules, `@ministryofjustice/frontend/moj/components/${url.pathname}/_${url.pathname}.scss`);
    const contents = readFileSync(path, "utf8")
      .replace('@use "../../vendor/govuk-frontend" as *;', '@use "settings" as *;')
      // We carry none of their images; a missing file would stop collectstatic.
      .replace(/url\(#\{\$moj-images-path\}[^)]*\)/g, "none")
      .replace('@use "../../settings/assets" as *;', '$moj-images-path: "";');
    return { contents, syntax: "scss" };
  },
};

const { css } = compile(join(here, "scss/sealreg.scss"), {
  loadPaths: [join(here, "scss"), modules],
  importers: [moj],
  style: "compressed",
});
if (css.includes("GDS Transport")) throw new Error("the font reserved for gov.uk slipped into the stylesheet");
mkdirSync(join(root, "static/css"), { recursive: true });
writeFileSync(join(root, "static/css/sealreg.css"), `${css}\n`);

for (const { name, source, folder, files } of JSON.parse(readFileSync(join(here, "vendored.json"), "utf8"))) {
  if (source !== "npm") continue;
  const { version } = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
  const out = join(root, folder, `${name.replace("@", "").replace("/", "-")}-${version}`);
  mkdirSync(out, { recursive: true });
  for (const [from, to] of Object.entries(files)) {
    const text = readFileSync(join(modules, name, from), "utf8").replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "\n");
    writeFileSync(join(out, to), text);
  }
  writeFileSync(join(out, "LICENSE.txt"), readFileSync(join(here, "licences", `${name.replace("@", "").replace("/", "-")}.txt`)));
}
console.log(`sealreg.css ${Math.round(css.length / 1024)} KB`);
