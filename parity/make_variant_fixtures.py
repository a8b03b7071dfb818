"""Writes parity/fixtures/variants.json: small changes to a checkpoint's JSON files, and what transformers makes of each.

heads        which tensor is the output head, by `tie_word_embeddings` in either place and by what is stored
generation   greedy answers under the keys of generation_config.json, of the recorded checkpoint `mha-untied`
stops        ids that end an answer, by the place that names them
windows      greedy answers with Qwen2's sliding window
configs      keys of config.json that have an old and a new name, and Qwen2's sliding window
processors   image processors by their files and keys: pixels as 8-bit levels, of `images/wide.png` and `images/tall.png`
"""

import copy
import itertools
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import AutoImageProcessor, GenerationConfig, LlavaConfig, LlavaForConditionalGeneration

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)

HERE = Path(__file__).parent
MODELS = HERE / "fixtures" / "models"
IMAGES = HERE / "fixtures" / "images"
MAX_NEW_TOKENS = 12
MIN_MARGIN = 1e-3  # an answer must not hang on rounding


def edited(file: Path, change) -> None:
    value = json.loads(file.read_text()) if file.exists() else {}
    change(value)
    file.write_text(json.dumps(value))


def heads(folder: Path):
    for base in ("mha-untied", "clip-qwen2-full"):
        for top, text, stored, table in itertools.product((None, True, False), (None, True, False), (True, False), (True, False)):
            if not stored and not table:
                continue
            shutil.copytree(MODELS / base / "checkpoint", folder, dirs_exist_ok=True)

            def change(config):
                for part, value in ((config, top), (config["text_config"], text)):
                    part.pop("tie_word_embeddings", None)
                    if value is not None:
                        part["tie_word_embeddings"] = value

            edited(folder / "config.json", change)
            tensors = load_file(folder / "model.safetensors")
            head_name = next(name for name in tensors if name.endswith("lm_head.weight"))
            table_name = next(name for name in tensors if name.endswith("embed_tokens.weight"))
            values = dict(head=tensors[head_name], table=tensors[table_name])
            for name, keep in ((head_name, stored), (table_name, table)):
                if not keep:
                    del tensors[name]
            save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
            model = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
            told = lambda w: next((n for n, v in values.items() if torch.equal(w.float(), v.float())), "random")
            yield dict(
                base=base, top=top, text=text, headStored=stored, tableStored=table,
                head=told(model.lm_head.weight), table=told(model.get_input_embeddings().weight),
            )


EVERY_END = [2, *range(20, 60)]
GENERATION = [
    {},
    {"repetition_penalty": 1.3},
    {"repetition_penalty": 4.0},
    {"repetition_penalty": 0.5},
    {"no_repeat_ngram_size": 1},
    {"no_repeat_ngram_size": 2},
    {"no_repeat_ngram_size": 3},
    {"suppress_tokens": list(range(4, 40))},
    {"begin_suppress_tokens": list(range(4, 60))},
    {"min_new_tokens": 5, "eos_token_id": EVERY_END},
    {"min_length": 40, "eos_token_id": EVERY_END},
    {"bad_words_ids": [[i] for i in range(10, 50)]},
    {"bad_words_ids": [[i, j] for i in range(10, 50) for j in range(10, 50, 2)]},
    {"sequence_bias": [[[i], 3.5] for i in range(10, 30)]},
    {"sequence_bias": [[[i, 30], 9.5] for i in range(10, 60)]},
    {"forced_eos_token_id": 2},
    {"exponential_decay_length_penalty": [2, 1.5]},
    {"repetition_penalty": 1.5, "no_repeat_ngram_size": 2, "suppress_tokens": [5, 6, 7], "min_new_tokens": 3},
    {"temperature": 0.5, "top_p": 0.7},
    {"do_sample": True, "top_k": 1},
    {"do_sample": True, "top_p": 0.0001, "temperature": 0.9},
    {"do_sample": True, "min_p": 1.0, "repetition_penalty": 2.0},
]


def generation(_: Path):
    base = MODELS / "mha-untied"
    record = json.loads((base / "reference.json").read_text())
    model = LlavaForConditionalGeneration.from_pretrained(base / "checkpoint", dtype=torch.float32).eval()
    processor = AutoImageProcessor.from_pretrained(base / "checkpoint", backend="pil")
    pixels = processor(Image.open(base / "image.png").convert("RGB"), return_tensors="pt")["pixel_values"]
    stored = json.loads((base / "checkpoint" / "generation_config.json").read_text())
    for keys in GENERATION:
        answers = []
        for recorded in record["generations"]:
            ids = torch.tensor([recorded["promptTokenIds"]])
            torch.manual_seed(0)
            made = model.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values=pixels, max_new_tokens=MAX_NEW_TOKENS,
                generation_config=GenerationConfig(**{**stored, **keys}), output_scores=True, return_dict_in_generate=True,
            )
            gaps = [float(-np.diff(score[0].topk(2).values)[0]) for score in made.scores]
            if min(gaps) < MIN_MARGIN:
                raise AssertionError(f"{keys}: an answer hangs on {min(gaps)}")
            answers.append(made.sequences[0, ids.shape[1] :].tolist())
        yield dict(keys=keys, answers=answers)


def stops(folder: Path):
    places = itertools.product((None, 9, [9, 4]), (None, 5, [5, 6]), (None, 7))
    for generation_file, top, text in places:
        shutil.rmtree(folder)
        shutil.copytree(MODELS / "mha-untied" / "checkpoint", folder)
        (folder / "generation_config.json").unlink()

        def change(config):
            for part, value in ((config, top), (config["text_config"], text)):
                part.pop("eos_token_id", None)
                if value is not None:
                    part["eos_token_id"] = value

        edited(folder / "config.json", change)
        if generation_file is not None:
            (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": generation_file}))
        model = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
        ends = model.generation_config.eos_token_id
        yield dict(generation=generation_file, top=top, text=text, ends=[ends] if isinstance(ends, int) else ends)


TEXTS = [
    {"rope_theta": 5.0, "rope_parameters": {"rope_theta": 7.0, "rope_type": "default"}},
    {"rope_theta": 5.0, "rope_parameters": {"rope_type": "default"}},
    {"rope_theta": 5.0, "rope_scaling": {"rope_theta": 7.0, "type": "default"}},
    {"rope_scaling": {"type": "default"}, "rope_parameters": {"rope_theta": 7.0, "rope_type": "default"}},
    {"rope_theta": 5.0, "rope_scaling": None, "rope_parameters": {"rope_theta": 7.0, "rope_type": "default"}},
    {"rope_scaling": {"rope_type": "default", "type": "linear", "factor": 2.0}},
]
WINDOWS = [
    {"use_sliding_window": False, "sliding_window": 8},
    {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 1},
    {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 0},
    {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 2},
    {"use_sliding_window": True, "sliding_window": 8},
    {"use_sliding_window": True, "max_window_layers": 0},
    {"use_sliding_window": True, "sliding_window": None, "max_window_layers": 0},
    {"use_sliding_window": True, "sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"]},
]


def windows(folder: Path):
    """Greedy answers of `clip-qwen2-full` with a sliding window shorter than the prompt, and with one beyond it."""
    base = MODELS / "clip-qwen2-full"
    record = json.loads((base / "reference.json").read_text())
    processor = AutoImageProcessor.from_pretrained(base / "checkpoint", backend="pil")
    pixels = processor(Image.open(base / "image.png").convert("RGB"), return_tensors="pt")["pixel_values"]
    for size, first in ((8, 1), (8, 0), (20, 0), (3, 0), (500, 0)):
        shutil.copytree(base / "checkpoint", folder, dirs_exist_ok=True)
        keys = {"use_sliding_window": True, "sliding_window": size, "max_window_layers": first}

        def change(config):
            config["text_config"].pop("layer_types", None)
            config["text_config"].update(keys)

        edited(folder / "config.json", change)
        model = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
        answers = []
        for recorded in record["generations"]:
            ids = torch.tensor([recorded["promptTokenIds"]])
            made = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values=pixels, max_new_tokens=MAX_NEW_TOKENS)
            answers.append(made[0, ids.shape[1] :].tolist())
        yield dict(keys=keys, answers=answers)


def configs(_: Path):
    for kind, keys in itertools.product(("llama", "qwen2"), TEXTS):
        config = LlavaConfig(text_config={"model_type": kind, **copy.deepcopy(keys)})
        yield dict(config={"text_config": {"model_type": kind, **keys}}, ropeTheta=config.text_config.rope_parameters["rope_theta"])
    for top in ({"image_token_index": 7, "image_token_id": 9}, {"image_token_id": 9}, {"image_token_index": 7}):
        yield dict(config=top, imageTokenId=LlavaConfig(**top).image_token_index)
    for kind, keys in itertools.product(("llama", "qwen2"), WINDOWS):
        text = {"model_type": kind, "num_hidden_layers": 2, **keys}
        config = LlavaConfig(text_config=copy.deepcopy(text)).text_config
        types = getattr(config, "layer_types", None) or []
        slides = [kind == "qwen2" and config.sliding_window is not None and t == "sliding_attention" for t in types]
        yield dict(config={"text_config": text}, window=dict(size=config.sliding_window, layers=slides) if any(slides) else None)


CLIP = json.loads((MODELS / "mha-untied" / "checkpoint" / "preprocessor_config.json").read_text())
SIGLIP = {"image_processor_type": "SiglipImageProcessor", "size": {"height": 20, "width": 20}, "resample": 3}
PROCESSORS = [
    ("the old file alone", CLIP, None),
    ("the nested one alone", None, {"image_processor": CLIP}),
    ("both, and they differ", CLIP, {"processor_class": "LlavaProcessor", "image_processor": {**CLIP, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.9, 0.9, 0.9]}}),
    ("both, of two kinds", CLIP, {"image_processor": SIGLIP}),
    ("a processor that nests nothing", CLIP, {"processor_class": "LlavaProcessor", "patch_size": 14}),
    ("longest_edge that bounds", {**CLIP, "size": {"shortest_edge": 28, "longest_edge": 33}}, None),
    ("longest_edge that bounds to less than the crop", {**CLIP, "size": {"shortest_edge": 28, "longest_edge": 30}}, None),
    ("longest_edge far off", {**CLIP, "size": {"shortest_edge": 28, "longest_edge": 640}}, None),
    ("one mean for all channels", {**CLIP, "image_mean": 0.5, "image_std": 0.25}, None),
    ("one mean for all channels, SigLIP", {**SIGLIP, "image_mean": 0.4}, None),
    ("sizes as lists", {**SIGLIP, "size": [20, 20]}, None),
    ("sizes as numbers", {**CLIP, "size": 28, "crop_size": 28}, None),
]


def processors(folder: Path):
    for name, old, new in PROCESSORS:
        for file, value in (("preprocessor_config.json", old), ("processor_config.json", new)):
            (folder / file).unlink(missing_ok=True)
            if value is not None:
                (folder / file).write_text(json.dumps(value))
        processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
        channels = lambda value: np.broadcast_to(np.array(value, np.float64), 3)
        mean, std = channels(processor.image_mean), channels(processor.image_std)
        levels = {}
        for image in ("wide.png", "tall.png"):
            pixels = processor(Image.open(IMAGES / image).convert("RGB"), return_tensors="np")["pixel_values"][0]
            back = (pixels.transpose(1, 2, 0) * std + mean) * 255
            levels[image] = dict(side=pixels.shape[1], data=np.rint(back).astype(int).ravel().tolist())
        yield dict(name=name, old=old, new=new, mean=mean.tolist(), std=std.tolist(), levels=levels)


def main() -> None:
    made = {"madeWith": {"transformers": transformers.__version__, "torch": torch.__version__}}
    for kind in (heads, generation, stops, windows, configs, processors):
        with tempfile.TemporaryDirectory() as folder:
            made[kind.__name__] = list(kind(Path(folder)))
    lines = [f'"{key}": {json.dumps(value)}' for key, value in made.items() if not isinstance(value, list)]
    for key, value in made.items():
        if isinstance(value, list):
            lines.append(f'"{key}": [\n' + ",\n".join(json.dumps(case) for case in value) + "\n]")
    (HERE / "fixtures" / "variants.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
