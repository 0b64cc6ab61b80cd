/** What a page is asked for, kept in the address: a link, a reload and "back" show the same list. */
import { type ComputedRef, computed, shallowRef, watch } from "vue";
import { type LocationQuery, useRoute, useRouter } from "vue-router";

export type Asked<K extends string> = Record<K, string>;

/** The named parts of an address; absent ones are empty. Pure. */
export function askedIn<K extends string>(query: LocationQuery, names: readonly K[]): Asked<K> {
  const found = {} as Asked<K>;
  for (const name of names) {
    const value = query[name];
    found[name] = typeof value === "string" ? value : "";
  }
  return found;
}

/** An address with some parts changed; empty ones are left out. Pure. */
export function changedQuery(query: LocationQuery, part: Record<string, string>): Record<string, string> {
  const next: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...query, ...part })) {
    if (typeof value === "string" && value !== "") next[name] = value;
  }
  return next;
}

export interface Address<K extends string> {
  asked: ComputedRef<Asked<K>>;
  /** Any of the named parts is given; an order leaves nothing out. */
  narrowed: ComputedRef<boolean>;
  change(part: Partial<Asked<K>>): void;
  clear(): void;
}

export function useAddress<K extends string>(...names: K[]): Address<K> {
  const route = useRoute();
  const router = useRouter();
  const own = route.path;
  const query = shallowRef(route.query);
  // While the page is being left, the address is already another's.
  watch(
    () => route.query,
    (now) => {
      if (route.path === own) query.value = now;
    },
  );
  const asked = computed<Asked<K>>((before) => {
    const now = askedIn(query.value, names);
    return before && names.every((name) => before[name] === now[name]) ? before : now;
  });
  const change = (part: Partial<Asked<K>>) => {
    void router.replace({ query: changedQuery(query.value, part as Record<string, string>), hash: route.hash });
  };
  return {
    asked,
    narrowed: computed(() => names.some((name) => name !== "sort" && asked.value[name] !== "")),
    change,
    clear: () => change(Object.fromEntries(names.map((name) => [name, ""])) as Asked<K>),
  };
}
