/** Light by default; dark for a desk at night. Kept per browser. */
import { ref, watch } from "vue";

const KEY = "linli-theme";
export const theme = ref<"light" | "dark">(localStorage.getItem(KEY) === "dark" ? "dark" : "light");
watch(
  theme,
  (name) => {
    document.documentElement.dataset.theme = name;
    localStorage.setItem(KEY, name);
  },
  { immediate: true },
);
