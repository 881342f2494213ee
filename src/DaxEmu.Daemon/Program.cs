using DaxEmu.Daemon.Commands;

return await DaxEmuCommand.RunAsync(args, Console.Out, Console.Error);
