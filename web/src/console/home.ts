/** Where whoever is signed in begins; the sign-in page for nobody. */
import { computed } from "vue";
import { me } from "@/session/session";
import { landing } from "./landing";

export const homePath = computed(() => (me.value ? landing(me.value) : "/sign-in"));
