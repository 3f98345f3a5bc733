// Sources of the page → dist/, the files that ship: the same bytes wherever it is built.
import { readFileSync, writeFileSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "dist"));
mkdirSync(out, { recursive: true });

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none", // LICENSES.txt has them whole
  target: ["es2022"],
  logLevel: "warning",
};
const script = await build({
  ...shared,
  entryPoints: ["src/main.tsx"],
  outfile: join(out, "page.js"),
  format: "iife",
  jsx: "automatic",
  jsxImportSource: "preact",
  alias: {
    react: "preact/compat",
    "react-dom": "preact/compat",
    "react/jsx-runtime": "preact/jsx-runtime",
  },
  define: { "process.env.NODE_ENV": '"production"' },
  metafile: true,
});
await build({ ...shared, entryPoints: ["src/page.css"], outfile: join(out, "page.css") });
writeFileSync(join(out, "LICENSES.txt"), licences(Object.keys(script.metafile.inputs)));

function licences(inputs) {
  const packages = new Set(
    inputs.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean),
  );
  const told = [...packages].sort().map((name) => {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).sort().find((each) => /^licen[cs]e/i.test(each));
    const text = file ? readFileSync(join(folder, file), "utf8").trim() : "";
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `page.js holds these packages.\n\n${told.join(`\n${"-".repeat(72)}\n\n`)}`;
}
