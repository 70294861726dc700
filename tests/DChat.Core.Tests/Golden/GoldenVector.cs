using System.Globalization;
using System.Text;

namespace DChat.Core.Tests.Golden;

/// <summary>A vector file: lines of <c>name: value</c>, blank lines and <c>#</c> comments.</summary>
internal sealed class GoldenVector
{
    private readonly Dictionary<string, string> _values;

    private GoldenVector(Dictionary<string, string> values) => _values = values;

    public static GoldenVector Load(string file) => new(
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden", file), Encoding.UTF8)
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
            .ToDictionary(pair => pair[0], pair => pair[1]));

    /// <summary>The names, in the order of the file.</summary>
    public IEnumerable<string> Names => _values.Keys;

    public string Text(string name) => _values[name];

    public byte[] Bytes(string name) => Convert.FromHexString(_values[name]);

    public ulong Number(string name) => ulong.Parse(_values[name], CultureInfo.InvariantCulture);

    public long Signed(string name) => long.Parse(_values[name], CultureInfo.InvariantCulture);
}
