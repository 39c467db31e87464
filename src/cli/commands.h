/* SPDX-License-Identifier: MIT */
/* The subcommands. Each gets what follows its name and returns the exit code. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

int command_stylize(int argc, char **argv);
int command_apply(int argc, char **argv);
int command_film(int argc, char **argv);
int command_presets(int argc, char **argv);
int command_texture(int argc, char **argv);
int command_provenance(int argc, char **argv);
int command_sheet(int argc, char **argv);
int command_inspect(int argc, char **argv);
int command_guide(int argc, char **argv);
int command_judge(int argc, char **argv);
int command_match(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_train(int argc, char **argv);
int command_train_encoder(int argc, char **argv); /* of train */
int command_models(int argc, char **argv);

#endif
