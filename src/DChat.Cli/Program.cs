using DChat.Cli;
using DChat.Cli.Session;

return await new CliApp(SiloConnection.OpenAsync, Console.In, Console.Out, Console.Error).RunAsync(args);
