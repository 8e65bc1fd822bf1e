# Figures of two published trials, from files that are not ours to commit: NSW (Dehejia & Wahba's sample) and JOBS II.
#   Rscript real_trials.R FOLDER     reads FOLDER/nsw/nsw_mixtape.csv and FOLDER/jobs2/jobs.csv, writes real_trials_figures.csv
# R 4.2.2, estimatr 1.0.0, sandwich 3.0-2. Each figure stands with the call that gave it.
suppressPackageStartupMessages({library(estimatr); library(sandwich)})
folder <- commandArgs(TRUE)[1]
nsw <- read.csv(file.path(folder, "nsw", "nsw_mixtape.csv"))
jobs <- read.csv(file.path(folder, "jobs2", "jobs.csv"))
jobs$work <- as.numeric(jobs$work1 == "psyemp")
figures <- NULL
add <- function(case, values, call) figures <<- rbind(figures, data.frame(case, figure = names(values), value = as.vector(values), call))
told <- function(case, text, term) {
  m <- eval(parse(text = text))
  add(case, setNames(c(m$coefficients[term], m$std.error[term], m$df[term], m$conf.low[term], m$conf.high[term], m$p.value[term]),
                     c("effect", "se", "df", "low", "high", "p")), text)
}
told("nsw_difference", "difference_in_means(re78 ~ treat, nsw)", 1)
add("nsw_hc2", c(se = sqrt(vcovHC(lm(re78 ~ treat, nsw), "HC2")[2, 2])), "vcovHC(lm(re78 ~ treat, nsw), 'HC2')")
before <- "age + educ + black + hisp + marr + nodegree + re74 + re75"
told("nsw_ancova", sprintf("lm_robust(re78 ~ treat + %s, nsw, se_type = \"HC2\")", before), 2)
told("nsw_lin", sprintf("lm_lin(re78 ~ treat, ~ %s, nsw, se_type = \"HC2\")", before), 2)
told("jobs_depression", "lm_robust(depress2 ~ treat + depress1 + econ_hard + sex + age, jobs, se_type = \"HC2\")", 2)
told("jobs_depression_change", "lm_robust(I(depress2 - depress1) ~ treat + econ_hard + sex + age, jobs, se_type = \"HC2\")", 2)
told("jobs_depression_lin", "lm_lin(depress2 ~ treat, ~ depress1 + econ_hard + sex + age, jobs, se_type = \"HC2\")", 2)
told("jobs_work_difference", "difference_in_means(work ~ treat, jobs)", 1)
told("jobs_work", "lm_robust(work ~ treat + depress1 + econ_hard + sex + age, jobs, se_type = \"HC2\")", 2)
add("jobs_sd", c(depress1 = sd(jobs$depress1[jobs$treat == 0]), work = sd(jobs$work[jobs$treat == 0])), "sd(jobs$depress1[jobs$treat == 0])")
figures$value <- ifelse(is.na(figures$value), "", trimws(formatC(figures$value, digits = 17, format = "g")))
figures$call <- gsub('"', "'", figures$call)
write.csv(figures, "real_trials_figures.csv", row.names = FALSE, quote = c(1, 2, 4))
