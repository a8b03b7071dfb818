"""Hugging Face transformers on the same checkpoint: { what: "loading" } or all questions of an image in one batch (what: "batch").

The batch is one prompt a question, each with the whole image, greedy steps on transformers' own cache; vision tokens are those of
bench/stretch.js. Loading is `from_pretrained` in the stored dtype and, with { "dtype": "float32" }, widened; a batch is computed in
{ "dtype", default "float32" } on { "device", default "cpu" }, and timed by { "clock": "wall" } where that is a GPU.
"""

import json
import resource
import sys
import time
from pathlib import Path

options = json.loads(sys.argv[1])

import torch
import transformers
from transformers import LlavaForConditionalGeneration

transformers.logging.set_verbosity_error()


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**30


@torch.inference_mode()
def batch(model: LlavaForConditionalGeneration) -> dict:
    device, dtype = options.get("device", "cpu"), model.dtype
    clock = time.perf_counter if options.get("clock") == "wall" else time.process_time
    width = model.config.text_config.hidden_size
    length, new_tokens, repeats = (
        options.get("questionTokens", 14),
        options.get("newTokens", 2),
        options.get("repeats", 3),
    )
    count = options["visionTokens"] * width
    vision = (0.05 * torch.sin(1 + torch.arange(count, dtype=torch.float64))).float().view(-1, width)
    embed = model.get_input_embeddings()
    before = embed(torch.tensor([5 + i for i in range(6)], device=device))
    vision = vision.to(device, dtype)
    asked = [[7 + q + 3 * i for i in range(length)] for q in range(options["questions"])]
    prompts = torch.stack([torch.cat([before, vision, embed(torch.tensor(ids, device=device))]) for ids in asked])
    decoder, head = model.model.language_model, model.lm_head

    def answers() -> list[list[int]]:
        out = decoder(inputs_embeds=prompts, use_cache=True)
        chosen = []
        for step in range(new_tokens):
            chosen.append(head(out.last_hidden_state[:, -1]).argmax(-1))
            if step + 1 < new_tokens:
                out = decoder(input_ids=chosen[-1][:, None], past_key_values=out.past_key_values, use_cache=True)
        return torch.stack(chosen, 1).tolist()

    least = float("inf")
    for i in range(repeats + 1):
        start = clock()
        tokens = answers()
        if i > 0:
            least = min(least, clock() - start)
    return {"image": least, "tokens": tokens}


def main() -> None:
    torch.set_num_threads(options.get("threads") or torch.get_num_threads())
    empty, start = resident(), time.process_time()
    asked = options.get("dtype", "float32" if options["what"] == "batch" else "auto")
    model = LlavaForConditionalGeneration.from_pretrained(options["folder"], dtype=asked).eval()
    model.to(options.get("device", "cpu"))
    loading = {"cpu": time.process_time() - start, "empty": empty, "resident": resident()}
    figures = loading if options["what"] == "loading" else batch(model)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({**figures, "peak": peak, "versions": f"transformers {transformers.__version__}, torch {torch.__version__}"}))


main()
