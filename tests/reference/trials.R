# Figures that tests/methods/impact compares with: regressions with clustered and unclustered errors, trials.
#   Rscript trials.R     writes trials_units.csv and trials_figures.csv beside itself
# R 4.2.2, sandwich 3.0-2, clubSandwich 0.5.8, estimatr 1.0.0. Each figure stands with the call that gave it.
suppressPackageStartupMessages({library(sandwich); library(clubSandwich); library(estimatr)})
options(digits = 15)

set.seed(20260401)
sizes <- c(7, 12, 5, 21, 9, 14, 6, 11, 17, 8, 10, 13)
d <- data.frame(cluster = rep(seq_along(sizes), sizes))
n <- nrow(d)
d$block <- 1 + (d$cluster - 1) %/% 4                                # three blocks of four clusters
d$arm <- as.integer(d$cluster %in% c(1, 3, 6, 8, 10, 11))           # assigned by cluster, two of four in each block
d$unit_arm <- ave(runif(n), d$block, FUN = function(u) as.integer(rank(u) <= length(u) %/% 2))   # by unit in its block
d$pair <- rep(seq_len(n), each = 2)[seq_len(n)]
d$pair_arm <- ave(runif(n), d$pair, FUN = function(u) as.integer(rank(u) == 1))
d$x1 <- round(rnorm(n, 40, 12), 2)
d$x2 <- round(rnorm(n) + rnorm(length(sizes))[d$cluster], 3)
d$before <- round(20 + .2 * d$x1 + rnorm(n, 0, 3), 2)
d$y <- round(5 + 1.5 * d$arm + 2 * d$unit_arm + .5 * d$before + .05 * d$x1 * d$arm - .8 * d$x2 +
             rnorm(length(sizes), 0, 1.2)[d$cluster] + rnorm(n, 0, 1 + d$arm), 3)
d$weight <- round(runif(n, .4, 3), 2)
d$cluster_weight <- round(runif(length(sizes), .5, 2), 2)[d$cluster]
d$weak <- round(d$y - 2.2 * d$arm - 1.7 * d$unit_arm, 3)            # nearly without effect, for tests of no effect
write.csv(d, "trials_units.csv", row.names = FALSE, quote = FALSE)

figures <- NULL
add <- function(case, values, call) {
  values <- unlist(values)
  figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))
}
flat <- function(m, name) setNames(as.vector(m), sprintf("%s_%d_%d", name, as.vector(row(m)), as.vector(col(m))))

# Clustered errors: every rule, degrees of freedom, joint tests
clustered <- function(case, text) {
  m <- eval(parse(text = text))
  for (type in c("CR0", "CR1S", "CR2", "CR3"))
    add(case, flat(vcovCR(m, cluster = d$cluster, type = type), sub("CR1S", "CR1", type)),
        sprintf("vcovCR(%s, cluster = d$cluster, type = \"%s\")", text, type))
  tested <- coef_test(m, vcov = "CR2", cluster = d$cluster, test = "Satterthwaite")
  add(case, setNames(tested$beta, paste0("coefficient_", seq_along(tested$beta))), text)
  df <- if (is.null(tested$df)) tested$df_Satt else tested$df
  add(case, setNames(df, paste0("df_", seq_along(df))), sprintf("coef_test(%s, \"CR2\", d$cluster, \"Satterthwaite\")", text))
  for (joint in list(c(2, 3), c(2, 3, 4))) {
    w <- Wald_test(m, constraints = constrain_zero(joint), vcov = "CR2", cluster = d$cluster, test = "HTZ")
    add(case, setNames(c(w$Fstat, w$df_num, w$df_denom, w$p_val), paste0(c("f", "df1", "df2", "p"), "_", length(joint))),
        sprintf("Wald_test(%s, constrain_zero(c(%s)), \"CR2\", d$cluster, \"HTZ\")", text, toString(joint)))
  }
}
clustered("by_cluster", "lm(y ~ arm + x1 + x2, d)")
clustered("by_unit", "lm(y ~ unit_arm + x1 + x2, d)")
clustered("weighted", "lm(y ~ arm + x1 + x2, d, weights = weight)")
clustered("weighted_by_cluster", "lm(y ~ arm + x1 + x2, d, weights = cluster_weight)")

# Clusters as indicators too: I - H_gg is singular, CR2 drops those directions
text <- "lm(y ~ unit_arm + x1 + factor(cluster), d)"
m <- eval(parse(text = text))
tested <- coef_test(m, vcov = "CR2", cluster = d$cluster, test = "Satterthwaite")[2:3, ]
add("within_clusters", setNames(c(tested$beta, tested$SE, tested$df_Satt), paste0(rep(c("coefficient", "se", "df"), each = 2), "_", 2:3)),
    sprintf("coef_test(%s, \"CR2\", d$cluster, \"Satterthwaite\")", text))

# Errors of units: sandwich
for (text in c("lm(y ~ unit_arm + x1 + x2, d)", "lm(y ~ unit_arm + x1 + x2, d, weights = weight)")) {
  m <- eval(parse(text = text))
  case <- if (grepl("weights", text)) "units_weighted" else "units"
  for (type in c("HC0", "HC1", "HC2", "HC3"))
    add(case, flat(vcovHC(m, type = type), type), sprintf("vcovHC(%s, type = \"%s\")", text, type))
}

# Trials: estimatr
trial <- function(case, text, term = 1) {
  m <- eval(parse(text = text))
  add(case, setNames(c(m$coefficients[term], m$std.error[term], m$df[term], m$conf.low[term], m$conf.high[term], m$p.value[term]),
                     c("effect", "se", "df", "low", "high", "p")), text)
}
p <- subset(d, pair < max(pair)); b <- d
trial("difference", "difference_in_means(y ~ unit_arm, d)")
trial("difference_blocks", "difference_in_means(y ~ unit_arm, d, blocks = block)")
trial("difference_pairs", "difference_in_means(y ~ pair_arm, p, blocks = pair)")
trial("difference_clusters", "difference_in_means(y ~ arm, d, clusters = cluster)")
trial("difference_weights", "lm_robust(y ~ unit_arm, d, weights = weight, se_type = \"HC2\")", 2)
trial("ancova", "lm_robust(y ~ unit_arm + before + x1, d, se_type = \"HC2\")", 2)
trial("ancova_blocks", "lm_robust(y ~ unit_arm + before + x1 + factor(block), d, se_type = \"HC2\")", 2)
trial("ancova_weights", "lm_robust(y ~ unit_arm + before + x1, d, weights = weight, se_type = \"HC2\")", 2)
trial("ancova_clusters", "lm_robust(y ~ arm + before + x1, d, clusters = cluster, se_type = \"CR2\")", 2)
trial("ancova_clusters_weights", "lm_robust(y ~ arm + before + x1, d, weights = weight, clusters = cluster, se_type = \"CR2\")", 2)
trial("ancova_cr1", "lm_robust(y ~ arm + before + x1, d, clusters = cluster, se_type = \"stata\")", 2)
trial("change_score", "lm_robust(I(y - before) ~ unit_arm + x1, d, se_type = \"HC2\")", 2)
trial("lin", "lm_lin(y ~ unit_arm, ~ before + x1, d, se_type = \"HC2\")", 2)
trial("lin_blocks", "lm_lin(y ~ unit_arm, ~ before + factor(block), d, se_type = \"HC2\")", 2)
trial("lin_weights", "lm_lin(y ~ unit_arm, ~ before + x1, d, weights = weight, se_type = \"HC2\")", 2)
trial("lin_clusters", "lm_lin(y ~ arm, ~ before, d, clusters = cluster, se_type = \"CR2\")", 2)

# Wild cluster bootstrap under the hypothesis, by refitting every one of the 2^G sign vectors
w <- subset(d, cluster <= 8)
wild <- function(case, restricted, full, term) {
  statistic <- function(y) {
    w$y_star <<- y
    m <- eval(parse(text = full))
    coef(m)[term] / sqrt(vcovCL(m, cluster = w$cluster, type = "HC0", cadjust = FALSE)[term, term])
  }
  null <- eval(parse(text = restricted))
  signs <- as.matrix(expand.grid(rep(list(c(1, -1)), 8)))
  t_star <- apply(signs, 1, function(v) statistic(fitted(null) + residuals(null) * v[w$cluster]))
  t <- statistic(w$weak)
  add(case, c(t = unname(t), p = mean(abs(t_star) >= abs(t) * (1 - 1e-9))),
      paste("all 256 sign vectors on residuals of", restricted, "; vcovCL(HC0, cadjust = FALSE) of", full))
}
wild("wild_by_cluster", "lm(weak ~ x1, w)", "lm(y_star ~ x1 + arm, w)", "arm")
wild("wild_by_unit", "lm(weak ~ x1 + x2, w)", "lm(y_star ~ x1 + x2 + unit_arm, w)", "unit_arm")
wild("wild_weighted", "lm(weak ~ x1, w, weights = weight)", "lm(y_star ~ x1 + arm, w, weights = weight)", "arm")

# Randomisation inference over every assignment that the design could have drawn
means <- aggregate(cbind(y, size = 1) ~ cluster + block + arm, d, mean)
means <- means[order(means$cluster), ]
drawn <- expand.grid(rep(list(1:6), 3))
choose2 <- combn(4, 2)
difference <- function(arm, y, w = rep(1, length(y))) weighted.mean(y[arm == 1], w[arm == 1]) - weighted.mean(y[arm == 0], w[arm == 0])
t_star <- apply(drawn, 1, function(i) {
  arm <- rep(0, 12)
  for (k in 1:3) arm[4 * (k - 1) + choose2[, i[k]]] <- 1
  difference(arm[d$cluster], d$y)
})
observed <- difference(d$arm, d$y)
add("randomisation_clusters_in_blocks", c(effect = observed, p = mean(abs(t_star) >= abs(observed) * (1 - 1e-9)), draws = 216),
    "difference in means over the 6^3 ways of drawing two of four clusters in each of three blocks")
few <- d[c(1, 9, 20, 33, 41, 55, 63, 78, 90, 101), ]
few$few_arm <- c(1, 0, 1, 1, 0, 0, 1, 0, 0, 1)
t_star <- combn(10, 5, function(i) { a <- rep(0, 10); a[i] <- 1; coef(lm(y ~ a + x1, few))[["a"]] })
observed <- coef(lm(y ~ few_arm + x1, few))[["few_arm"]]
add("randomisation_units", c(effect = observed, p = mean(abs(t_star) >= abs(observed) * (1 - 1e-9)), draws = 252),
    "coefficient of lm(y ~ arm + x1) over the 252 ways of drawing five of ten units")
t_star <- combn(10, 5, function(i) { a <- rep(0, 10); a[i] <- 1; m <- lm(y ~ a + x1, few); coef(m)[["a"]] / sqrt(vcovHC(m, type = "HC0")["a", "a"]) })
m <- lm(y ~ few_arm + x1, few)
observed <- coef(m)[["few_arm"]] / sqrt(vcovHC(m, type = "HC0")["few_arm", "few_arm"])
add("randomisation_studentised", c(effect = observed, p = mean(abs(t_star) >= abs(observed) * (1 - 1e-9)), draws = 252),
    "t of HC0 of lm(y ~ arm + x1) over the 252 ways of drawing five of ten units")

figures$value <- ifelse(is.na(figures$value), "", trimws(formatC(figures$value, digits = 17, format = "g")))
figures$call <- gsub('"', "'", figures$call)
write.csv(figures, "trials_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
