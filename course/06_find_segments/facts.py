"""The numbers the text of unit 06 quotes, computed from the shop of seed 0."""

import numpy as np
import pandas as pd
from sklearn.metrics import silhouette_samples

from whobuys import segment
from whobuys.market import market, truth

FEWEST, PAGES, PAGE_COST = 3, 5, 3_000
SHELVES = {2: "electronics", 3: "baby and toys", 4: "household", 5: "books"}
NUMBERS = {5: "five", 4: "four", 6: "six"}


def facts():
    case = market("marketplace", 0)
    by_cart = segment.customer_features(carts=case["carts"])
    features = by_cart[by_cart["carts"] >= FEWEST].drop(columns="carts")
    Z = segment.scale_features(features)
    kmeans = segment.find_segments(Z, 3)
    by_search = segment.customer_features(searches=case["searches"], keywords=True)
    words = by_search[by_search["searches"] >= FEWEST].filter(like="search_")
    parts = segment.components(segment.scale_features(words, log=False))
    by_word = segment.find_segments(parts.scores, PAGES)
    return {
        "fewest": FEWEST,
        "pages": PAGES,
        "pages_word": NUMBERS[PAGES],
        "page_cost": f"{PAGE_COST:,}",
        "new_pages": f"{3 * PAGE_COST:,}",
        **data_facts(case, by_cart, features),
        **group_facts(by_cart, features, Z, kmeans),
        **choice_facts(Z, kmeans),
        **panel_facts(features, Z),
        **word_facts(words, parts, by_word, kmeans),
        **truth_facts(case, Z, kmeans, by_word),
        **recommendation_facts(case, by_word),
        **decision_facts(case, kmeans, by_word),
        **cost_facts(case, by_word),
        **example_facts(features, Z, parts, kmeans, by_word),
    }


def share(value):
    return f"{value:.0%}".replace("%", "\u00a0%")


def two(value):
    return f"{value:.2f}"


def data_facts(case, by_cart, features):
    far = segment.flag_outliers(by_cart)["cart_total"]
    paid = case["transactions"].groupby("customer_id")["amount"].sum().reindex(by_cart.index)
    value = by_cart["carts"] * by_cart["cart_total"]
    days = case["visits"]["date"]
    products = case["products"].set_index("product")["list_price"]
    return {
        "web_days": (days.max() - days.min()).days + 1,
        "camera": f"{products['Camera']:.0f}",
        "far_money": share(paid[far].sum() / paid.sum()),
        "far_carts": share(value[far].sum() / value.sum()),
        "kept_carts": len(features),
        "dropped_carts": len(by_cart) - len(features),
        "products": len(products),
    }


def group_facts(by_cart, features, Z, kmeans):
    far = segment.flag_outliers(by_cart)["cart_total"][features.index]
    raw = segment.find_segments(features, 3)
    price = segment.find_segments(features[["cart_total"]], 3)
    tree = segment.find_segments(Z, 3, "hierarchical")
    both = segment.compare_segments(kmeans, tree)
    dreamers = {k: segment.find_segments(Z, k).sizes for k in (4, 5)}
    means = features.groupby(kmeans.labels).mean()
    heights = tree.tree[::-1, 2]
    return {
        "far_kept": int(far.sum()),
        "far_third": share((kmeans.labels[far] == 3).mean()),
        "raw_price": two(segment.compare_segments(raw, price).ari),
        "raw_scaled": two(segment.compare_segments(raw, kmeans).ari),
        "methods_ari": two(both.ari),
        "tree_silhouette": two(silhouette_samples(Z, tree.labels).mean()),
        "dream3": int(kmeans.sizes[3]),
        "dream4": int(dreamers[4][4]),
        "dream5": int(dreamers[5][3]),
        "methods_other": round(len(Z) * (1 - both.share)),
        "methods_share": share(1 - both.share),
        "tree_top": f"{heights[0]:.0f}",
        "tree_next": f"{heights[1]:.0f}",
        **{f"size{s}": int(kmeans.sizes[s]) for s in (1, 2, 3)},
        **{f"left{s}": share(means.loc[s, "abandon_rate"]) for s in (1, 2, 3)},
        "items1": f"{means.loc[1, 'cart_items']:.0f}",
        "total2": f"{means.loc[2, 'cart_total']:.0f}",
        "total3": f"{means.loc[3, 'cart_total']:.0f}",
    }


def choice_facts(Z, kmeans):
    picks = segment.pick_k(segment.choose_k(Z, range(1, 9)))
    again = segment.stability(Z, range(2, 9)).median()
    within = segment.segment_stability_within(Z, kmeans).median()
    values = silhouette_samples(Z, kmeans.labels)
    flow = segment.segment_stability_across(Z, range(2, 6))
    third = flow[flow["k"] == 3].sort_values("stability").iloc[0]
    return {
        **{f"pick_{name}": int(k) for name, k in picks.items()},
        "below_zero": share((values < 0).mean()),
        "mean_silhouette": two(values.mean()),
        "stable2": two(again.loc[2]),
        "stable3": two(again.loc[3]),
        "stable_low": two(again.loc[5:].min()),
        "stable_high": two(again.loc[5:].max()),
        "within_low": two(within.min()),
        "new3": int(third["segment"]),
        "new3_where": " and ".join(
            f"{share(part)} from {i}" for i, part in enumerate(third["flows"], start=1)
        ),
    }


def panel_facts(features, Z):
    """Return what the panel shows: means over ten samples."""

    def again(X, k):
        found = segment.find_segments(X, k)
        return segment.segment_stability_within(X, found, 10, progress=False).mean()

    without = segment.scale_features(features.drop(columns="cart_kinds"))
    four, five = again(Z, 4), again(Z, 5)
    return {
        "kinds_items": two(features["cart_kinds"].corr(features["cart_items"])),
        "panel_with": two(again(Z, 3).min()),
        "panel_without": two(again(without, 3).min()),
        "panel_dream4": two(four[4]),
        "panel_dream5": two(five[3]),
        "panel_low5": two(five.drop(3).min()),
        "panel_high5": two(five.drop(3).max()),
    }


def word_facts(words, parts, by_word, kmeans):
    shared = kmeans.labels.index.intersection(by_word.labels.index)
    same = segment.compare_segments(kmeans.labels[shared], by_word.labels[shared])
    choice = segment.choose_k(parts.scores, range(1, 9))
    steps = parts.variance.to_numpy()
    steep = int((steps > 1.5 * np.median(steps)).sum())
    return {
        "words": words.shape[1],
        "kept_words": f"{len(words):,}",
        "stock_week": int(same.table.loc[1, 4]),
        "stock_children": int(same.table.loc[1, 3]),
        "dream_gadgets": int(same.table.loc[3, 2]),
        "dream_clothes": int(same.table.loc[3, 1]),
        "parts": parts.n,
        "parts_kept": share(parts.variance.iloc[: parts.n].sum()),
        "big_parts": {3: "three", 4: "four", 5: "five"}[steep],
        "shared": len(shared),
        "kinds_ari": two(same.ari),
        "word_stability": two(choice.loc[PAGES, "stability"]),
    }


def truth_facts(case, Z, kmeans, by_word):
    planted = truth(case).customers.set_index("customer_id")["segment"]

    def agreed(found):
        return two(segment.compare_segments(found, planted[found.labels.index]).ari)

    return {
        "planted": {5: "five"}[planted.nunique()],
        "truth_words": agreed(by_word),
        "truth_carts": agreed(kmeans),
        "truth_tree": agreed(segment.find_segments(Z, PAGES, "hierarchical")),
        "truth_two": agreed(segment.find_segments(Z, 2)),
    }


def recommendation_facts(case, by_word):
    lines = case["transactions"]
    lines = lines[lines["customer_id"].isin(by_word.labels.index)]
    last = lines.groupby("customer_id")["date"].transform("max")
    earlier, final = lines[lines["date"] < last], lines[lines["date"] == last]
    had = pd.crosstab(earlier["customer_id"], earlier["product_id"]).clip(upper=1)
    bought = pd.crosstab(final["customer_id"], final["product_id"]).clip(upper=1)
    new = bought.reindex_like(had).fillna(0) * (1 - had)
    length = np.sqrt(had.sum())
    alike = (had.T @ had).div(length, axis=0).div(length, axis=1) * (1 - np.eye(len(length)))
    somebody = new.sum(axis=1) > 0
    from_orders = segment.find_segments(had, PAGES).labels
    hidden = last.groupby(lines["customer_id"]).first()[somebody[somebody].index]

    def hits(score):
        top = score.where(had == 0, -1).rank(axis=1, ascending=False, method="first") <= 3
        return share(((top * new).sum(axis=1)[somebody] > 0).mean())

    return {
        "hit_all": hits(pd.DataFrame(1, index=had.index, columns=had.columns) * had.mean()),
        "hit_items": hits(had @ alike),
        "hit_orders": hits(had.groupby(from_orders).transform("mean")),
        "hidden_in": share((hidden >= case["visits"]["date"].min()).mean()),
        "hit_segment": hits(had.groupby(by_word.labels).transform("mean")),
    }


def decision_facts(case, kmeans, by_word):
    shared = kmeans.labels.index.intersection(by_word.labels.index)
    planted = truth(case).customers.set_index("customer_id")["segment"]
    orders = case["transactions"].merge(case["products"], on="product_id")
    orders = orders[orders["customer_id"].isin(shared)]

    def fits(labels):
        shelves = orders.groupby([orders["customer_id"].map(labels), "category"]).size().unstack()
        return share(shelves.max(axis=1).sum() / len(orders))

    ownpage = by_word.labels.where(by_word.labels != 1, 4)  # clothes keep the common page
    fit_chosen = sum(
        (orders["customer_id"].map(ownpage).eq(group) & orders["category"].eq(shelf)).sum()
        for group, shelf in SHELVES.items()
    ) / len(orders)
    carts = case["carts"]
    left = carts[~carts["checkout"] & carts["customer_id"].isin(kmeans.labels.index)]
    by = left.groupby(left["customer_id"].map(kmeans.labels))["total"].sum()
    return {
        "fit_one": fits(pd.Series(1, index=shared)),
        "fit_carts": fits(kmeans.labels),
        "fit_words": fits(by_word.labels),
        "fit_truth": fits(planted),
        "fit_chosen": share(fit_chosen),
        "without_words": share(1 - len(by_word.labels) / len(case["customers"])),
        "third_people": share((kmeans.labels == 3).mean()),
        "third_left": share(by[3] / by.sum()),
    }


def cost_facts(case, by_word):
    """Return what a page must earn, and how much two random halves differ by luck."""
    orders = case["transactions"].merge(case["products"], on="product_id")
    orders = orders[orders["customer_id"].isin(by_word.labels.index)]
    margin = orders["amount"] - orders["quantity"] * orders["unit_cost"]
    age = (orders["date"].max() - orders["date"]).dt.days
    year = margin[age < 365].groupby(orders["customer_id"].map(by_word.labels)).sum()
    children = by_word.labels.index[by_word.labels == 3]
    weeks = margin[age < 42].groupby(orders["customer_id"]).sum().reindex(children).fillna(0)
    luck = 2 * weeks.std() / np.sqrt(len(weeks)) / weeks.mean()
    return {
        **{f"grow{s}": share(PAGE_COST / year[s]) for s in (1, 2, 3, 5)},
        "luck3": share(luck),
    }


def example_facts(features, Z, parts, kmeans, by_word):
    """Return what the example answer of the exercise quotes."""
    shared = kmeans.labels.index.intersection(by_word.labels.index)
    left = features.loc[shared, "abandon_rate"].groupby(by_word.labels[shared]).mean()
    words = segment.segment_stability_within(parts.scores, by_word).median()
    carts = segment.segment_stability_within(Z, kmeans).median()
    return {
        "ex_words_within": two(words.min()),
        "ex_carts_within": two(carts.min()),
        "ex_left_low": share(left.min()),
        "ex_left_high": share(left.max()),
    }


if __name__ == "__main__":
    print(pd.Series(facts()).to_string())
