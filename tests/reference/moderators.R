# Figures that tests/methods/studies/test_moderators_against_r.py compares with: how an effect differs by a moderator.
#   Rscript moderators.R     reads trials_units.csv and differences_units.csv, writes moderators_figures.csv beside itself
# R 4.2.2, estimatr 1.0.0, clubSandwich 0.5.8. Each figure stands with the call that gave it. Interactions of units have
# clubSandwich's degrees of freedom, each unit its own cluster (variances as of the weights, as HC2 has them); `band` is missing for some units: they count in
# no level and in no interaction of it, and in those of the other moderators.
suppressPackageStartupMessages(library(estimatr)); suppressPackageStartupMessages(library(clubSandwich))
options(digits = 15)
figures <- NULL
add <- function(case, moderator, kind, level, m, term, call) {
  n <- if (is.null(m$n)) nobs(m) else m$n
  told <- c(effect = m$coefficients[[term]], se = m$std.error[[term]], df = m$df[[term]], low = m$conf.low[[term]],
            high = m$conf.high[[term]], p = m$p.value[[term]], n = n)
  figures <<- rbind(figures, data.frame(case, moderator, kind, level, figure = names(told), value = as.vector(told), call))
}
by_unit <- function(call, known, term) {  # the same regression, its error and degrees of freedom by clubSandwich
  weighted <- grepl("weights", call)
  fitted <- paste0("lm(", sub("lm_robust\\((.*), known.*", "\\1", call), ", known", if (weighted) ", weights = weight", ")")
  m <- eval(parse(text = fitted))
  given <- if (weighted) 1 / known$weight else rep(1, nrow(known))
  v <- vcovCR(m, cluster = seq_len(nrow(known)), type = "CR2", target = given, inverse_var = FALSE)
  b <- coef_test(m, vcov = v, test = "Satterthwaite", coefs = term); i <- conf_int(m, vcov = v, coefs = term)
  one <- function(value) setNames(as.list(value), term)
  list(coefficients = one(b$beta), std.error = one(b$SE), df = one(b$df_Satt), conf.low = one(i$CI_L),
       conf.high = one(i$CI_U), p.value = one(b$p_Satt), n = nrow(known),
       call = paste0("coef_test(", fitted, ", 'CR2', cluster = seq_along(unit), target = 1 / weights, inverse_var = FALSE)"))
}
named <- function(frame, middle) {
  frame$band <- ifelse(frame$unit %% 11 == 0, NA, ifelse(frame$x2 < -.5, "low", ifelse(frame$x2 < .6, "mid", "top")))
  frame$old <- as.integer(frame$x1 > middle)
  frame
}
trial <- named(transform(read.csv("trials_units.csv"), unit = seq_along(cluster)), 40)
long <- read.csv("differences_units.csv")
panel <- merge(subset(long, period == 2020), subset(long, period == 2022), by = c("unit", "cluster", "treated", "x"), suffixes = c("_0", "_1"))
panel <- named(transform(panel, change = y_1 - y_0, x1 = x, x2 = (x - 10) / 3), 10)

# Of each case: what the regression adjusts for, and how its error is told
cases <- list(
  units = list(data = trial, y = "y", d = "unit_arm", adjusted = c("before", "x1", "factor(block)"), how = "se_type = 'HC2'"),
  weighted = list(data = trial, y = "y", d = "unit_arm", adjusted = c("before", "x1"), how = "weights = weight, se_type = 'HC2'"),
  clusters = list(data = trial, y = "y", d = "arm", adjusted = c("before", "x1"), how = "clusters = cluster, se_type = 'CR2'"),
  differences = list(data = panel, y = "change", d = "treated", adjusted = "x1", how = "clusters = cluster, se_type = 'CR2'"))
for (case in names(cases)) with(cases[[case]], {
  for (moderator in c("band", "old", "x1")) {
    others <- setdiff(adjusted, moderator)
    known <- data[!is.na(data[[moderator]]), ]
    call <- sprintf("lm_robust(%s ~ %s * %s + %s, known, %s)", y, d, moderator, paste(c(others, "1"), collapse = " + "), how)
    m <- eval(parse(text = call))
    terms <- grep(":", names(m$coefficients), value = TRUE)
    for (term in terms) {
      level <- if (moderator == "band") sub(".*band", "", term) else if (moderator == "old") "true" else "+1"
      if (!grepl("CR2", how)) {
        told <- by_unit(call, known, term)
        stopifnot(abs(told$std.error[[term]] / m$std.error[[term]] - 1) < 1e-9)
        add(case, moderator, "interaction", level, told, term, told$call)
      } else add(case, moderator, "interaction", level, m, term, call)
    }
    if (moderator == "x1") next
    for (level in sort(unique(known[[moderator]]))) {
      within <- known[known[[moderator]] == level, ]
      call <- sprintf("lm_robust(%s ~ %s + %s, known[%s == %s], %s)", y, d, paste(adjusted, collapse = " + "), moderator, level, how)
      m <- eval(parse(text = sub("known\\[[^]]*\\]", "within", call)))
      add(case, moderator, "level", if (moderator == "old") c("false", "true")[level + 1] else level, m, d, call)
    }
  }
  of <- figures[figures$case == case & figures$kind == "interaction" & figures$figure == "p", ]
  of$figure <- "p_adjusted"; of$value <- p.adjust(of$value, "BH"); of$call <- "p.adjust(interactions of the case, 'BH')"
  figures <<- rbind(figures, of)
})
figures$value <- trimws(formatC(figures$value, digits = 17, format = "g"))
write.csv(figures, "moderators_figures.csv", row.names = FALSE, quote = c(1, 2, 3, 4, 5, 7))
