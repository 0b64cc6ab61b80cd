import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin, type UserConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Writes sw.js with the list of files that must open without a network (what a phone needs, not the charts). */
function serviceWorker(): Plugin {
  const notForThePhone = /echarts|element|chart/i;
  return {
    name: "linli-service-worker",
    apply: "build",
    generateBundle(_, bundle) {
      const shell = Object.keys(bundle).filter((file) => !/\.(map|html)$/.test(file) && !notForThePhone.test(file));
      const source = readFileSync(here("./sw/sw.js"), "utf8");
      const stamp = shell.toSorted().join("|");
      let hash = 0;
      for (const letter of stamp) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
      this.emitFile({
        type: "asset",
        fileName: "sw.js",
        source: source
          .replace('"__SHELL__"', JSON.stringify(shell.map((file) => `/${file}`)))
          .replace("__BUILD__", hash.toString(36)),
      });
    },
  };
}

/** In the development server every address of a page opens console.html, as in the server itself. */
function pageAddresses(): Plugin {
  const elsewhere = /^\/(?:api|healthz|src|node_modules)(?:\/|$)|^\/@|\.[a-z0-9]+$/i;
  return {
    name: "linli-page-addresses",
    apply: "serve",
    configureServer(server) {
      server.middlewares.use((ask, _answer, next) => {
        const path = (ask.url ?? "/").split("?")[0] ?? "/";
        if (ask.headers.accept?.includes("text/html") && !elsewhere.test(path)) ask.url = "/console.html";
        next();
      });
    },
  };
}

export default defineConfig(async ({ mode, command }): Promise<UserConfig> => ({
  base: "/",
  resolve: { alias: { "@": here("./src") } },
  plugins: [
    vue(),
    serviceWorker(),
    pageAddresses(),
    ...(mode === "mock" && command === "serve" ? [(await import("./test/mock/plugin.ts")).mockServer()] : []),
  ],
  define: {
    __VUE_OPTIONS_API__: "false",
    __VUE_I18N_LEGACY_API__: "false",
    __VUE_I18N_FULL_INSTALL__: "false",
    __INTLIFY_PROD_DEVTOOLS__: "false",
  },
  build: {
    outDir: "../src/linli/webdist",
    emptyOutDir: true,
    target: ["chrome107", "safari16", "firefox115"],
    rollupOptions: { input: { console: here("./console.html") } },
    chunkSizeWarningLimit: 700,
  },
  worker: { format: "es" as const },
  server: {
    proxy: mode === "mock" ? {} : { "/api": "http://127.0.0.1:8000", "/healthz": "http://127.0.0.1:8000" },
  },
}));
