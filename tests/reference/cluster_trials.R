# Figures that tests/methods/impact compares with: trials of clusters, on the units of trials_units.csv.
#   Rscript cluster_trials.R     reads trials_units.csv (of trials.R), writes cluster_trials_figures.csv beside itself
# R 4.2.2, lme4 1.1-31, lmerTest 3.1-3, pbkrtest 0.5.2. Each figure stands with the call that gave it.
suppressPackageStartupMessages({library(lme4); library(lmerTest); library(pbkrtest)})
options(digits = 15)
d <- read.csv("trials_units.csv")
figures <- NULL
add <- function(case, values, call) figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))

m <- aggregate(cbind(y, before, x1) ~ cluster + arm + block, d, mean)
t <- t.test(y ~ I(1 - arm), m, var.equal = TRUE)
add("means", c(effect = unname(t$estimate[1] - t$estimate[2]), se = t$stderr, df = unname(t$parameter), low = t$conf.int[1], high = t$conf.int[2], p = t$p.value),
    "t.test(y ~ I(1 - arm), aggregate(y ~ cluster + arm, d, mean), var.equal = TRUE)")
told <- function(case, text) {
  s <- summary(eval(parse(text = text)))
  add(case, c(effect = s$coefficients["arm", 1], se = s$coefficients["arm", 2], df = s$df[2], p = s$coefficients["arm", 4]), text)
}
told("means_covariates", "lm(y ~ arm + before, m)")
told("means_blocks", "lm(y ~ arm + factor(block), m)")

tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-13, maxfun = 1e5), calc.derivs = FALSE)
mixed <- function(case, text, term) {
  f <- eval(parse(text = text))
  s <- summary(f)$coefficients[term, ]; k <- summary(f, ddf = "Kenward-Roger")$coefficients[term, ]
  v <- as.data.frame(VarCorr(f))
  add(case, c(effect = s[["Estimate"]], se = s[["Std. Error"]], df = s[["df"]], p = s[["Pr(>|t|)"]],
              kenward_roger_se = k[["Std. Error"]], kenward_roger_df = k[["df"]], kenward_roger_p = k[["Pr(>|t|)"]],
              variance_between = v$vcov[1], variance_within = v$vcov[2], icc_reml = v$vcov[1] / sum(v$vcov)), text)
}
mixed("mixed", "lmer(y ~ arm + (1 | cluster), d, control = tight)", "arm")
mixed("mixed_covariates", "lmer(y ~ arm + before + x1 + (1 | cluster), d, control = tight)", "arm")
mixed("mixed_unit", "lmer(y ~ unit_arm + before + factor(block) + (1 | cluster), d, control = tight)", "unit_arm")
mixed("mixed_boundary", "lmer(x1 ~ arm + (1 | cluster), d, control = tight)", "arm")   # no variance between clusters

# Intracluster correlation by analysis of variance
icc <- function(case, text) {
  a <- anova(eval(parse(text = text)))
  n <- table(d$cluster); arm <- tapply(d$arm, d$cluster, max)
  groups <- if (grepl("arm", text)) split(n, arm) else list(n)
  n0 <- (sum(n) - sum(sapply(groups, function(g) sum(g^2) / sum(g)))) / (length(n) - length(groups))
  msb <- a["factor(cluster)", "Mean Sq"]; msw <- a["Residuals", "Mean Sq"]
  add(case, c(icc = (msb - msw) / (msb + (n0 - 1) * msw)), paste0("anova(", text, ")"))
}
icc("icc_in_arms", "lm(y ~ arm + factor(cluster), d)")
icc("icc", "lm(y ~ factor(cluster), d)")

figures$value <- ifelse(is.na(figures$value), "", trimws(formatC(figures$value, digits = 17, format = "g")))
figures$call <- gsub('"', "'", figures$call)
write.csv(figures, "cluster_trials_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
