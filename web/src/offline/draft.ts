/** Words and photos not yet submitted: on disk a moment after they were typed or taken. */
import { onScopeDispose, reactive, ref, toRaw, watch } from "vue";
import { deleteDraft, readDraft, writeDraft } from "./store";

const SAVE_AFTER_MS = 250;

export interface DraftForm {
  words: string;
  photos: Blob[];
  to: string;
}

export function useDraft(id: string) {
  const form = reactive<DraftForm>({ words: "", photos: [], to: "" });
  const saved = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let restored = false;
  let done = false;

  const save = async () => {
    clearTimeout(timer);
    timer = undefined;
    if (done) return;
    await writeDraft({ id, words: form.words, photos: toRaw(form.photos).map((photo) => toRaw(photo)), to: form.to });
    saved.value = true;
  };

  const ready = readDraft(id).then((kept) => {
    // Typed faster than the disk answered: what was typed wins.
    if (kept && form.words === "" && form.photos.length === 0) Object.assign(form, { words: kept.words, photos: kept.photos, to: kept.to });
    restored = true;
  });

  watch(form, () => {
    saved.value = false;
    clearTimeout(timer);
    timer = setTimeout(() => void (restored ? save() : ready.then(save)), SAVE_AFTER_MS);
  });

  const leave = () => {
    if (timer !== undefined) void save();
  };
  addEventListener("pagehide", leave);
  onScopeDispose(() => {
    leave();
    removeEventListener("pagehide", leave);
  });

  return {
    form,
    saved,
    ready,
    /** The draft has become a queued move. */
    async finish() {
      done = true;
      clearTimeout(timer);
      timer = undefined;
      await deleteDraft(id);
    },
  };
}
