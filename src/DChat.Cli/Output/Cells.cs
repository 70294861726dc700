using System.Globalization;
using DChat.Abstractions.Messages;
using Spectre.Console;

namespace DChat.Cli.Output;

/// <summary>What the tables for operators have in common. Others choose some of the text, so every cell is made fit for a terminal.</summary>
internal static class Cells
{
    /// <summary>What is not known, or is not there.</summary>
    public const string None = "-";

    private const int Indent = 2;

    /// <summary>Draws a table below what it belongs to; nothing when it has no rows.</summary>
    public static void Write(IAnsiConsole console, string[] columns, IReadOnlyCollection<string[]> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        var table = new Table().Border(TableBorder.None).AddColumns(columns);
        foreach (var row in rows)
        {
            table.AddRow(Array.ConvertAll(row, cell => Markup.Escape(Safe(cell))));
        }

        console.Write(new Padder(table, new Padding(Indent, 0, 0, 0)));
    }

    /// <summary>Says that a gateway does not answer.</summary>
    public static void WriteSilent(IAnsiConsole console, GatewayDescription gateway) => console.MarkupLineInterpolated(
        $"gateway [blue]{Safe(gateway.PeerId)}[/] in silo {Safe(gateway.Silo)}: [yellow]it does not answer.[/]");

    /// <summary>A moment, on the clock of the user.</summary>
    public static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>A number.</summary>
    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Text of others, fit for a terminal.</summary>
    public static string Safe(string text) => TerminalText.Sanitize(text);
}
