using DChat.Cli;
using DChat.Cli.Output;
using DChat.Cli.Session;

return await new CliApp(SiloConnection.OpenAsync, TimeProvider.System, Console.OpenStandardInput(), StandardOutput.Open(), Console.Error)
    .RunAsync(args);
