using DChat.Cli;
using DChat.Cli.Input;
using DChat.Cli.Output;
using DChat.Cli.Session;

return await new CliApp(SiloConnection.OpenAsync, TimeProvider.System, InputDescriptor.Open(), StandardOutput.Open(), Console.Error)
    .RunAsync(args);
