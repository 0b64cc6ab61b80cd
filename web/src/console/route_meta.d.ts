import "vue-router";
import type { Permission } from "@/api/types";
import type { TextKey } from "@/i18n";

declare module "vue-router" {
  interface RouteMeta {
    title?: TextKey;
    needs?: Permission[] | undefined;
    /** Opens without signing in. */
    open?: boolean;
  }
}
