using System.CommandLine;
using DChat.Client.Devices;

namespace DChat.Cli.Commands;

/// <summary><c>dchat id</c>: shows the device of the home directory, making one if there is none. Needs no silo.</summary>
internal static class IdCommand
{
    public static Command Create(CliApp app)
    {
        var command = new Command("id", "Show the device key and where it is kept.");
        app.SetAction(command, context =>
        {
            using var home = DChatHome.Open(context.Settings.Home);
            context.Output.Device(home, home.Topics.Read().Count);
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }
}
