using System.Globalization;
using DChat.Core.Identity;
using DChat.Core.Keys;
using Spectre.Console;

namespace DChat.Cli.Output;

/// <summary>An identity's devices as text for people.</summary>
internal static class DeviceTable
{
    public static void Write(IAnsiConsole console, DeviceLogView view, DeviceKey self, Func<DeviceKey, string?> nameOf)
    {
        console.MarkupLineInterpolated($"identity [blue]{view.Identity}[/]{(view.Recovery is null ? ", without recovery key" : "")}");
        Cells.Write(
            console,
            ["device", "name", "standing", "added at", ""],
            [.. view.Devices.Select(device => new[]
            {
                device.Device.ToString(),
                nameOf(device.Device) ?? Cells.None,
                Text(device.Standing),
                device.AddedAt.ToString(CultureInfo.InvariantCulture),
                device.Device == self ? "this device" : "",
            })]);
        foreach (var fork in view.Forks.Where(fork => !fork.IsSettled))
        {
            console.MarkupLine("[red]The log is forked: nothing is added until the recovery key says which of these counts (dchat device settle).[/]");
            foreach (var entry in fork.Entries)
            {
                console.MarkupLineInterpolated($"  {entry}");
            }
        }
    }

    /// <summary>The stable word for a standing.</summary>
    public static string Text(DeviceStanding standing) => standing switch
    {
        DeviceStanding.Active => "active",
        DeviceStanding.Suspended => "suspended",
        DeviceStanding.Revoked => "revoked",
        _ => "unknown",
    };

    /// <summary>The stable word for a message's standing.</summary>
    public static string? Text(MessageStanding standing) => standing switch
    {
        MessageStanding.Valid => "valid",
        MessageStanding.Suspended => "suspended",
        MessageStanding.Revoked => "revoked",
        _ => null,
    };
}
